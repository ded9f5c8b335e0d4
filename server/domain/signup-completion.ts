import type { App } from '../model/app.ts';
import { HostError } from '../model/errors.ts';
import type { Signup } from '../model/signup.ts';
import type { User } from '../model/user.ts';
import { requireRunning } from './caller.ts';
import { requireCompleteMetadata } from './claims.ts';
import { type CodeDeps, judgeCode } from './code-attempts.ts';
import { type CreateDeps, createUser } from './create-user.ts';
import { findSpelled, loginName } from './handle.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from './issue-tokens.ts';
import type { MessageDeps } from './message.ts';
import { sendWelcome } from './signup.ts';

export type CompletionDeps = CodeDeps & CreateDeps & MessageDeps;

export interface SignupProof {
  app: App;
  handle: string;
  /** Six digits of a mail or SMS, or the 39 of a link. */
  code: string;
}
type SignupState = 'pending' | 'verified' | 'expired';

/**
 * Completes a signup with its code and logs the new user in (contract §3.5.5). The same code finishes what a crash interrupted. Throws what
 * `finishSignup` throws.
 */
export async function completeSignup(
  deps: CompletionDeps & TokenDeps,
  proof: SignupProof,
): Promise<IssuedTokens> {
  const { user } = await finishSignup(deps, proof);
  return issueTokens(deps, { app: proof.app, user, method: 'signup', emptyMetadata: 'invalid_data' });
}

/**
 * Makes the user, then marks the row in one conditional write: of any number of simultaneous uses of a code or link one succeeds. No tokens
 * yet. Throws, in this order, the app's status, `signup_disabled`, `invalid_data` (no such code), `signup_expired`, `handle_taken` (used
 * already), `invalid_data` (a required metadata field is empty: the code is not spent), `signup_disabled` (app full).
 */
export async function finishSignup(
  deps: CompletionDeps,
  proof: SignupProof,
): Promise<{ user: User; signup: Signup }> {
  const { app } = proof;
  const found = await findSignup(deps, proof);
  if (!found) throw new HostError('invalid_data');
  const { signup, state } = found;
  if (state === 'expired') throw new HostError('signup_expired');
  if (state === 'verified') throw new HostError('handle_taken');
  const { handle, passwordHash, locale, metaData } = signup;
  requireCompleteMetadata(app, handle, metaData, 'invalid_data');
  const user = await createUser(deps, {
    app,
    ids: signup,
    handle,
    ...(passwordHash && { passwordHash }),
    locale,
    metaData,
    loginProvider: signup.signupProvider,
    via: 'signup',
    full: 'signup_disabled',
  });
  const updatedAt = deps.clock.now();
  const verified = await deps.store.signups.replace({ ...signup, status: 'verified', updatedAt });
  if (!verified) throw new HostError('handle_taken');
  await sendWelcome(deps, signup, app);
  return { user, signup: verified };
}

/**
 * What a signup link would do, without doing it; wrong codes count all the same. Throws the app's status and `signup_disabled`. A link
 * that was used stays `verified` for as long as it would have lived.
 */
export async function inspectSignupLink(
  deps: CodeDeps,
  proof: SignupProof,
): Promise<{ state: SignupState | 'invalid'; locale: string | undefined }> {
  const found = await findSignup(deps, proof);
  return { state: found?.state ?? 'invalid', locale: found?.signup.locale };
}

/** The signup that the code belongs to. The time is looked at last: only who has the code learns that it is late (contract 411). */
async function findSignup(
  deps: CodeDeps,
  { app, handle, code }: SignupProof,
): Promise<{ signup: Signup; state: SignupState } | undefined> {
  requireRunning(app);
  if (!app.signupEnabled) throw new HostError('signup_disabled');
  const name = loginName(app, handle);
  const signup = await findSpelled(app, handle, (spelling) =>
    deps.store.signups.findByHandle(app.id, spelling),
  );
  const right = await judgeCode(deps, {
    app,
    purpose: 'signup',
    subject: signup?.id ?? '',
    stored: signup?.code,
    code,
    who: { handle: name },
    evenExpired: true,
  });
  if (!signup?.code || !right || signup.status === 'active') return undefined;
  if (signup.code.expiresAt <= deps.clock.now()) return { signup, state: 'expired' };
  return { signup, state: signup.status };
}
