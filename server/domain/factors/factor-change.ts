import type { App } from '../../model/app.ts';
import { FACTOR_NAMES, type Factor } from '../../model/factor.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { HOUR_MS } from '../../tools/duration.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { FACTORS } from './factors.ts';

/**
 * What every change of a second factor does to the record: log-ins that wait for a code end, and so does a
 * secret that was asked for before; access tokens stay. Recovery codes go with the last factor.
 */
export function withFactorChange(user: User, now: number): User {
  return {
    ...user,
    factorChanges: (user.factorChanges ?? 0) + 1,
    smsCode: undefined,
    pendingTotp: undefined,
    recoveryCodes: FACTOR_NAMES.some((name) => FACTORS[name].isOn(user)) ? user.recoveryCodes : [],
    updatedAt: now,
  };
}

/** A verified number that takes another's place is `Changed`. */
export interface FactorChange {
  factor: Factor;
  switched: 'On' | 'Off' | 'Changed';
}

const FIGURES = { On: 'factor_on', Off: 'factor_off' } as const;

/** Reports a change that is stored. */
export function reportFactorChange(
  deps: Pick<Deps, 'events' | 'figures'>,
  user: User,
  change: FactorChange,
): void {
  const { factor, switched } = change;
  deps.events.emit(switched === 'Off' ? 'factor_disabled' : 'factor_enabled', {
    userId: user.id,
    factor,
    by: 'user',
  });
  deps.events.emit('token_revoked', { userId: user.id, scope: 'login', cause: 'factor_changed' });
  if (switched !== 'Changed') deps.figures.count(user.appId, FIGURES[switched], factor);
}

/**
 * Mails about factors to one handle in an hour. Where nobody confirms an address its mailbox may be a
 * stranger's.
 */
const MAILS_PER_HOUR = 20;

/** Whether the owner may get one more mail about factors: whoever got so many in this hour has been told. */
export async function admitFactorMail(deps: MessageDeps, app: App, user: User): Promise<boolean> {
  const now = deps.clock.now();
  const key = `factor-mails/${app.id}/${deps.handleRef(app.id, user.handle)}`;
  const limit = { now, cap: MAILS_PER_HOUR, expiresAt: now + HOUR_MS };
  return (await deps.store.counters.increment(key, limit)) !== undefined;
}

/** Tells the owner by mail what changed, for whoever else may have done it. */
export async function tellOwner(
  deps: MessageDeps,
  { app, user, change }: { app: App; user: User; change: FactorChange | 'recoveryCodes' | 'offByPortal' },
): Promise<void> {
  if (!(await admitFactorMail(deps, app, user))) return;
  await sendMessage(deps, {
    app,
    name: 'factorChanged',
    locale: user.locale,
    to: user.handle,
    // The name of the template's sentence.
    values: { CHANGE: typeof change === 'string' ? change : `${change.factor}${change.switched}` },
    userId: user.id,
    outcome: 'queue',
  });
}
