/** A time as old clients parse it: ISO 8601 with three decimals and `Z` (contract C5). Undefined stays out of the answer. */
export function wireTime(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString();
}
