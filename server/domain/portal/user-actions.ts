import type { App } from '../../model/app.ts';
import { refused } from '../../model/errors.ts';
import { FACTOR_NAMES } from '../../model/factor.ts';
import { isAnonymous, lacksPassword, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { admitCode } from '../attempts/code-budget.ts';
import { withoutWaits } from '../attempts/end-waits.ts';
import { type BudgetDeps, tooManyRecipients } from '../attempts/message-budgets.ts';
import { tellOwner, withFactorChange } from '../factors/factor-change.ts';
import { FACTORS } from '../factors/factors.ts';
import type { MessageDeps } from '../messages/message.ts';
import { sendPasswordCode, sendResetCode } from '../messages/reset-code.ts';
import { changeUser, wasChanged } from '../users/change.ts';
import { withoutSessions } from '../users/renewed-sessions.ts';
import { getNamedUser, type NamedUser } from './user-details.ts';

type ActionDeps = Pick<Deps, 'store' | 'clock' | 'events'>;

/** Ends the lock and every wait of an account. Throws as `getNamedUser`. */
export async function unlockUser(deps: ActionDeps, named: NamedUser): Promise<true> {
  const { app, user } = await getNamedUser(deps, named);
  await changeUser(deps, user, (current) => ({ ...withoutWaits(current), updatedAt: deps.clock.now() }));
  deps.events.emit('account_unlocked', { appId: app.id, userId: user.id, by: 'portal' });
  return true;
}

/** Ends every access token of a user and the log-ins that wait for a code. Throws as `getNamedUser`. */
export async function endSessions(deps: ActionDeps, named: NamedUser): Promise<true> {
  const { app, user } = await getNamedUser(deps, named);
  const now = deps.clock.now();
  await changeUser(deps, user, (current) => ({ ...withoutSessions(current, now), updatedAt: now }));
  deps.events.emit('token_revoked', { appId: app.id, userId: user.id, scope: 'all', cause: 'portal' });
  return true;
}

/**
 * Switches every second factor of a user off, with the recovery codes, and tells the owner. Sessions stay,
 * log-ins that wait for a code end. Throws as `getNamedUser`.
 */
export async function disableSecondFactor(
  deps: ActionDeps & MessageDeps & Pick<Deps, 'figures'>,
  named: NamedUser,
): Promise<true> {
  const { app, user } = await getNamedUser(deps, named);
  const change = await changeUser(deps, user, (current) => {
    const on = factorsOn(current);
    if (on.length === 0) return undefined;
    const without = on.reduce((so, name) => FACTORS[name].off(so), current);
    return withFactorChange(without, deps.clock.now());
  });
  if (!wasChanged(change)) return true;
  const factors = factorsOn(change.before);
  deps.events.emit('factor_disabled', {
    appId: app.id,
    userId: user.id,
    factor: factors.join(),
    by: 'portal',
  });
  for (const factor of factors) deps.figures.count(app.id, 'factor_off', factor);
  await tellOwner(deps, { app, user: change.after, change: 'offByPortal' });
  return true;
}

function factorsOn(user: User) {
  return FACTOR_NAMES.filter((name) => FACTORS[name].isOn(user));
}

/**
 * Mails a user a code for another password; sessions and the password stay. Throws as `getNamedUser`,
 * `refused` for who logs in without a password, and `too_many_requests` when the app or the user may get no
 * more messages now.
 */
export async function sendPasswordReset(deps: MessageDeps & BudgetDeps, named: NamedUser): Promise<true> {
  const { app, user } = await getNamedUser(deps, named);
  const outcome = await mailReset(deps, app, user);
  if (outcome === 'limited') throw tooManyRecipients(deps);
  if (outcome === 'none') throw refused('this user has no password to reset');
  return true;
}

/** `none`: the user logs in without a password. `limited`: no more messages may be sent now. */
export async function mailReset(
  deps: MessageDeps & BudgetDeps,
  app: App,
  user: User,
): Promise<'sent' | 'limited' | 'none'> {
  if (user.loginProvider !== '' || isAnonymous(user.handle)) return 'none';
  // The portal is no stranger: what those used up is not missing here.
  const budget = {
    app,
    subject: user.id,
    purpose: 'reset',
    trusted: true,
    unproven: { to: user.handle },
  } as const;
  if (!(await admitCode(deps, budget))) return 'limited';
  await (lacksPassword(user)
    ? sendPasswordCode(deps, app, user)
    : sendResetCode(deps, app, user, { name: 'resetPassword', HANDLE: user.handle }));
  return 'sent';
}
