import type { Call } from './call.ts';
import type { AppFacts } from './passwords.ts';
import type { SessionKeeper } from './session.ts';

/** What the parts of the client share. */
export interface Parts {
  call: Call;
  keeper: SessionKeeper;
  facts: AppFacts;
  fetch: typeof globalThis.fetch;
}
