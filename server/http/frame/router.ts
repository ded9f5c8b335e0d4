import { createRequire } from 'node:module';
import { onceDone } from '../../tools/once.ts';
import type { Route } from '../route.ts';
import { repairPath } from './path.ts';
import { type TypedMember, typedMembers } from './typed-text.ts';

const require = createRequire(import.meta.url);
// Its ES module imports `node:http`, which costs what server.ts says.
const { default: Router } = require('@koa/router') as typeof import('@koa/router');

/** A declaration with what every request would otherwise work out anew. */
export interface Endpoint {
  readonly route: Route;
  /** Members that must be present, each with those that may stand in for it. */
  readonly required: readonly { readonly name: string; readonly orElse: readonly string[] }[];
  /** Passwords that may come as typed. */
  readonly typed: readonly TypedMember[];
  /** All members of the input: parameters of the path, the query or the body. */
  readonly names: ReadonlySet<string>;
}
export interface Match {
  readonly endpoint: Endpoint;
  readonly params: Record<string, string>;
}
/** The path is known, the method is not. */
export interface WrongMethod {
  readonly pattern: string;
  readonly allowed: string;
}

/**
 * What one path answers, by method. `link` is the page beside a JSON route of the same method: for callers
 * with the `appToken` query.
 */
interface PathEntry {
  readonly pattern: string;
  readonly plain: Map<string, Endpoint>;
  readonly link: Map<string, Endpoint>;
  allowed: string;
}
/** Routes that are loaded with the first request for one of them. */
export interface LaterRoutes {
  /** Whether a path may be one of theirs. */
  fits(path: string): boolean;
  load(): Promise<readonly Route[]>;
}
const NO_PARAMS: Record<string, string> = Object.freeze({});

/** The compiled route table: exact paths in a map, paths with `:parts` through @koa/router. */
export class RouteTable {
  readonly #exact = new Map<string, PathEntry>();
  readonly #patterns = new Map<string, PathEntry>();
  readonly #router = new Router();
  readonly #later: LaterRoutes | undefined;
  readonly #addLater: (() => Promise<void>) | undefined;

  /**
   * Throws a `TypeError` for two declarations of one method and path; only a `link` page may stand beside
   * another route.
   */
  constructor(routes: readonly Route[], later?: LaterRoutes) {
    this.#later = later;
    this.#addLater = later && onceDone(async () => this.#addAll(await later.load()));
    this.#addAll(routes);
  }

  /** Adds the routes that are loaded later, where the path may be one of theirs; false where it is not. */
  async addLater(path: string): Promise<boolean> {
    if (!this.#later?.fits(repairPath(path))) return false;
    await this.#addLater?.();
    return true;
  }

  #addAll(routes: readonly Route[]): void {
    for (const route of routes) this.#add(route);
    for (const entry of new Set([...this.#exact.values(), ...this.#patterns.values()])) {
      const methods = new Set([...entry.plain.keys(), ...entry.link.keys()]);
      if (methods.has('GET')) methods.add('HEAD');
      entry.allowed = [...methods, 'OPTIONS'].join(', ');
    }
  }

  #add(route: Route): void {
    const entry = this.#entry(route.path);
    const side = route.caller === 'link' ? entry.link : entry.plain;
    if (side.has(route.method)) throw new TypeError(`${route.method} ${route.path} is declared twice`);
    side.set(route.method, compile(route));
  }

  #entry(pattern: string): PathEntry {
    const key = pattern.toLowerCase();
    const known = this.#exact.get(key) ?? this.#patterns.get(key);
    if (known) return known;
    const entry: PathEntry = { pattern, plain: new Map(), link: new Map(), allowed: '' };
    if (pattern.includes(':')) {
      this.#patterns.set(key, entry);
      this.#router.register(pattern, ['GET'], () => {}, { name: key });
    } else {
      // Clients write paths as declared: that spelling is found without any repair.
      this.#exact.set(key, entry).set(pattern, entry);
    }
    return entry;
  }

  /** `byQuery`: the `appToken` query parameter is the credential. Undefined for an unknown path. */
  find(method: string, path: string, byQuery: boolean): Match | WrongMethod | undefined {
    let entry = this.#exact.get(path);
    let params = NO_PARAMS;
    if (!entry) {
      const repaired = repairPath(path);
      entry = this.#exact.get(repaired.toLowerCase());
      if (!entry) {
        const layer = this.#router.match(repaired, 'GET').path[0];
        entry = layer?.name ? this.#patterns.get(layer.name) : undefined;
        if (layer && entry) params = layer.params(repaired, layer.captures(repaired));
      }
    }
    if (!entry) return undefined;
    const asked = method === 'HEAD' ? 'GET' : method;
    const plain = entry.plain.get(asked);
    const link = entry.link.get(asked);
    const endpoint = byQuery ? (link ?? plain) : (plain ?? link);
    return endpoint ? { endpoint, params } : { pattern: entry.pattern, allowed: entry.allowed };
  }
}

function compile(route: Route): Endpoint {
  const shape = route.input?.shape ?? {};
  const names = Object.keys(shape);
  const typed = typedMembers(shape);
  // `names` come from the declaration: none of them is undefined in `shape`.
  const required = names
    .filter((name) => shape[name]?.safeParse(undefined).success === false)
    .map((name) => ({ name, orElse: typed.filter((text) => text.hashed === name).map((text) => text.name) }));
  return { route, required, typed, names: new Set(names) };
}
