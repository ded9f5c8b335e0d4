/** What a JWT says, before anybody looks at its signature. */
export interface ReadJwt {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

/** Three parts in base64url, nothing around and nothing between (RFC 7515 §3.1). */
const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;

/** Header and claims of a signed JWT in its compact form; undefined for whatever is none. */
export function readJwt(token: string): ReadJwt | undefined {
  const [, head, body] = COMPACT.exec(token) ?? [];
  const header = objectOf(head);
  const claims = objectOf(body);
  return header && claims && { header, claims };
}

function objectOf(part: string | undefined): Record<string, unknown> | undefined {
  if (part === undefined) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
