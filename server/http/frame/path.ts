/** Letters, digits, `-`, `.`, `_`, `~` need no escape (RFC 3986 §2.3): escaped or not they mean the same. */
const NEEDLESS_ESCAPE = /%(?:3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae]|2[de])/gi;

export interface Target {
  path: string;
  /** Text after the first `?`, without it. */
  query: string;
}

/** Splits a request target; the absolute form (RFC 9112 §3.2.2) is reduced to its path. */
export function splitTarget(target: string): Target {
  const start = target.startsWith('/') ? 0 : pathStart(target);
  const mark = target.indexOf('?', start);
  if (mark === -1) return { path: target.slice(start), query: '' };
  return { path: target.slice(start, mark), query: target.slice(mark + 1) };
}

function pathStart(target: string): number {
  const authority = target.indexOf('://');
  const slash = authority === -1 ? -1 : target.indexOf('/', authority + 3);
  return slash === -1 ? 0 : slash;
}

/**
 * The one spelling of a path that limits and routes look at (contract C1, threats R23): repeated slashes
 * collapse, one trailing slash and needless escapes go. Case is the router's business, because path parts
 * keep theirs.
 */
export function repairPath(path: string): string {
  let repaired = path.replaceAll(/\/{2,}/g, '/');
  if (repaired.includes('%')) {
    repaired = repaired.replaceAll(NEEDLESS_ESCAPE, (escaped) =>
      String.fromCharCode(Number.parseInt(escaped.slice(1), 16)),
    );
  }
  return repaired.length > 1 && repaired.endsWith('/') ? repaired.slice(0, -1) : repaired;
}
