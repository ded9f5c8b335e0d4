import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import { isContested, type Signup, signupStateAt } from '../../model/signup.ts';
import type { Deps } from '../../ports/deps.ts';
import { admitCode, sendAdmitted } from '../attempts/code-budget.ts';
import { type BudgetDeps, tooManyRecipients } from '../attempts/message-budgets.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { findHolder, findSpelled } from '../users/handle.ts';
import { requireFreeSeat } from '../users/seats.ts';
import { signupLink } from './signup-link.ts';
import { type NewCode, type RequestDeps, renewCode, type StoredWish } from './signup-requests.ts';
import { countStep, takeBackStep } from './signup-steps.ts';

/** A code or link, as the app sends them; where it sends none any more, `before` says which. */
export function newSignupCode(
  { codes }: Pick<Deps, 'codes'>,
  { signupFlow }: App,
  before?: Signup['kind'],
): NewCode {
  const byLink = (signupFlow === 'none' ? before : signupFlow) === 'link';
  return byLink ? { code: codes.newLinkCode(), kind: 'link' } : { code: codes.newCode(), kind: 'code' };
}

/**
 * Sends a signup its new code and counts the first one. Throws `internal` when the message was refused; the
 * signup waits all the same (A11).
 */
export async function sendSignupCode(
  deps: MessageDeps & Pick<Deps, 'figures'>,
  app: App,
  { signup, isFirstCode }: StoredWish,
  { code, kind }: NewCode,
): Promise<void> {
  const byLink = kind === 'link';
  const sending = sendMessage(deps, {
    app,
    name: byLink ? 'signUpLink' : 'signUp',
    locale: signup.locale,
    to: signup.handle,
    values: {},
    ...(byLink ? { link: signupLink(deps, signup, code) } : { code }),
    contested: isContested(signup),
    purpose: 'signup',
    outcome: 'wait',
  });
  if (!isFirstCode) return sending;
  try {
    await sending;
  } catch (error) {
    // Nobody waits for it: a refusal must take as long for every handle.
    takeBackStep(deps, signup, 'sent').catch(() => undefined);
    throw error;
  }
  countStep(deps, app, signup, 'sent');
}

/**
 * Sends a signup that waits a new code or link, which voids the old one and begins its life anew, for the
 * portal. Throws, in this order, `signup_disabled`, `signup_unknown` when none waits, `handle_taken`,
 * `signup_disabled` (app full), `too_many_requests` when the app or the handle may get no more messages now,
 * and `internal` when the message was refused.
 */
export async function sendSignupAgain(
  deps: MessageDeps & BudgetDeps & RequestDeps,
  { app, handle }: { app: App; handle: string },
): Promise<true> {
  if (!app.signupEnabled) throw new HostError('signup_disabled');
  const signup = await findSpelled(app, handle, (spelling) =>
    deps.store.signups.findByHandle(app.id, spelling),
  );
  if (!signup || signupStateAt(signup, deps.clock.now()) !== 'waiting') throw new HostError('signup_unknown');
  if (await findHolder(deps, app, handle)) throw new HostError('handle_taken');
  await requireFreeSeat(deps, app, 'signup_disabled');
  // The portal is no stranger: what those used up is not missing here.
  const budget = {
    app,
    subject: signup.handle,
    purpose: 'signup',
    trusted: true,
    unproven: { to: signup.handle },
  } as const;
  if (!(await admitCode(deps, budget))) throw tooManyRecipients(deps);
  await sendAdmitted(deps, budget, async () => {
    const code = newSignupCode(deps, app, signup.kind);
    const renewed = await renewCode(deps, signup, code);
    if (!renewed) throw new HostError('signup_unknown');
    await sendSignupCode(deps, app, renewed, code);
  });
  return true;
}
