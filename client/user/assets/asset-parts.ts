import type { AuthError, refusal } from '../error.ts';
import type { SessionKeeper } from '../session.ts';

/** What this chunk takes from the client that loads it. */
export interface AssetParts {
  keeper: SessionKeeper;
  fetch: typeof fetch;
  errors: {
    AuthError: typeof AuthError;
    refusal: typeof refusal;
    isPassing: (error: unknown) => boolean;
  };
}
