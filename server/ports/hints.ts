/** Why something was left out, and for how long. */
export interface Hint {
  reason: 'account_waits' | 'code_limited';
  retryAfterSeconds: number;
}

/**
 * What the developer of an app is told beside an answer that tells everybody else nothing (additions §1.4):
 * of the request that is being answered, asked from wherever the code is.
 */
export interface Hints {
  /** The last hint counts; one that no answer has room for is lost. */
  give(hint: Hint): void;
}
