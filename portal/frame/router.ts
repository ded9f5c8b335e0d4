import type { PortalRoute } from './route.ts';

type Found = { route: PortalRoute; params: Record<string, string> };

/** Finds the declaration of an address: fixed parts win over `:name`. Throws a `TypeError` for a double. */
export class Router {
  readonly #fixed = new Map<string, PortalRoute>();
  readonly #patterns: { route: PortalRoute; parts: readonly string[] }[] = [];

  constructor(routes: readonly PortalRoute[]) {
    for (const route of routes) {
      const key = `${route.method} ${route.path}`;
      if (this.#fixed.has(key)) throw new TypeError(`${key} is declared twice`);
      this.#fixed.set(key, route);
      if (route.path.includes(':')) this.#patterns.push({ route, parts: route.path.split('/') });
    }
    const names = (parts: readonly string[]) => parts.filter((part) => part.startsWith(':')).length;
    this.#patterns.sort((one, other) => names(one.parts) - names(other.parts));
  }

  find(method: string, path: string): Found | undefined {
    const asked = method === 'HEAD' ? 'GET' : method;
    const fixed = this.#fixed.get(`${asked} ${path}`);
    if (fixed) return { route: fixed, params: {} };
    const parts = path.split('/');
    for (const { route, parts: pattern } of this.#patterns) {
      if (route.method !== asked || pattern.length !== parts.length) continue;
      const params = match(pattern, parts);
      if (params) return { route, params };
    }
    return undefined;
  }
}

function match(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [place, name] of pattern.entries()) {
    const part = parts[place] ?? '';
    if (!name.startsWith(':')) {
      if (name !== part) return undefined;
    } else {
      try {
        params[name.slice(1)] = decodeURIComponent(part);
      } catch {
        return undefined;
      }
    }
  }
  return params;
}
