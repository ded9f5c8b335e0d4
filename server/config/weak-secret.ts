/** Fewest characters of a pass phrase or key that somebody makes up. */
const MIN_SECRET_LENGTH = 16;

/** Fewer different characters are no secret, however often they are repeated. */
const MIN_DIFFERENT = 5;

/**
 * What anybody can read: the pass phrase of the old set-up guide, and what the old host's sample
 * configuration held. In lower case.
 */
const PUBLISHED: ReadonlySet<string> = new Set([
  'jojo123',
  'your private/public key password',
  'your aes encryption key',
]);

/** What is wrong with a pass phrase or key, to be read after its name; undefined for one that can be used. */
export function weaknessOf(secret: string): string | undefined {
  if (PUBLISHED.has(secret.trim().toLowerCase())) return 'is one that everybody knows';
  if (secret.length < MIN_SECRET_LENGTH) return `is shorter than ${MIN_SECRET_LENGTH} characters`;
  if (new Set(secret).size < MIN_DIFFERENT) return 'is one character over and over, or nearly so';
  return undefined;
}
