import { AuthError, type ErrorCode, renamed } from './error.ts';

/** After so many wrong tries the host takes no code any more. */
const TRIES = 5;

/**
 * Makes the last step of what was begun with a message or challenge: a refused code is `wrong_code`, and one
 * that can no longer be right is `code_expired` without asking the host.
 */
export function codeStep<P extends [code: string, ...more: unknown[]], V>(
  step: (...parameters: P) => Promise<V>,
  {
    endsAt = Number.POSITIVE_INFINITY,
    refusedAs = 'invalid_data',
  }: { endsAt?: number | undefined; refusedAs?: ErrorCode } = {},
): (...parameters: P) => Promise<V> {
  let wrong = 0;
  return async (...parameters) => {
    if (wrong >= TRIES || Date.now() >= endsAt) throw new AuthError('code_expired', 'ask for another code');
    try {
      return await step(...parameters);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      // What cannot be a code was not even compared.
      if (error.field !== 'code') {
        if (error.reason || error.code !== refusedAs) throw error;
        wrong++;
      }
      throw renamed(error, 'wrong_code');
    }
  };
}
