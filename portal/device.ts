const BROWSERS = [
  ['Edg/', 'Edge'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

/** What a browser says it is, in two words; the text itself where none is known. */
export function deviceOf(userAgent: string): string {
  const word = (known: readonly (readonly [string, string])[]) =>
    known.find(([mark]) => userAgent.includes(mark))?.[1];
  const words = [word(BROWSERS), word(SYSTEMS)].filter((name) => name !== undefined);
  return words.length > 0 ? words.join(', ') : userAgent.slice(0, 60) || '–';
}
