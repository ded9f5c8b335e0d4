/**
 * Seals texts at rest with the data key (AES-256-GCM, design §6). `associated` binds a sealed text to its
 * place: moved elsewhere it does not open.
 */
export interface FieldCipher {
  seal(text: string, associated: string): string;
  /** Throws `TamperError` for whatever was not sealed by this key for this place. */
  open(sealed: string, associated: string): string;
}

/**
 * Keyed look-up hashes, the same whether user data is sealed or not: a clear value is never needed to find a
 * row.
 */
export interface Lookups {
  /** HMAC-SHA-256 in hex over app, kind and value, unambiguously joined. */
  key(appId: string, kind: string, value: string): string;
}

/** A sealed text was changed, moved or sealed with another key. */
export class TamperError extends Error {
  override readonly name = 'TamperError';
}
