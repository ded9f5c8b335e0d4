import type { App } from '../model/app.ts';
import type { User } from '../model/user.ts';
import type { Deps } from '../ports/deps.ts';
import { sendMessage } from './message.ts';

/**
 * What every change of a second factor does to the record: log-ins that wait for a code end, access tokens stay (design §13). Recovery
 * codes go with the last factor.
 */
export function withFactorChange(user: User, now: number): User {
  return {
    ...user,
    factorChanges: (user.factorChanges ?? 0) + 1,
    smsCode: undefined,
    recoveryCodes: user.twoFactorTotp || user.twoFactorPhone ? user.recoveryCodes : [],
    updatedAt: now,
  };
}

/** Reports a change that is stored; `notice` tells the owner by mail, for whoever else may have made it. */
export async function announceFactorChange(
  deps: Deps,
  input: {
    app: App;
    user: User;
    factor: 'totp' | 'phone';
    became: 'On' | 'Off' | 'Replaced';
    notice: boolean;
  },
): Promise<void> {
  const { app, user, factor, became, notice } = input;
  const event = became === 'Off' ? 'factor_disabled' : 'factor_enabled';
  deps.events.emit(event, { userId: user.id, factor, by: 'user' });
  deps.events.emit('token_revoked', { userId: user.id, scope: 'login', cause: 'factor_changed' });
  if (!notice) return;
  await sendMessage(deps, {
    app,
    name: 'factorChanged',
    locale: user.locale,
    to: user.handle,
    // Names the sentence of the template that says it in the reader's language.
    values: { CHANGE: `${factor}${became}` },
    userId: user.id,
    outcome: 'queue',
  });
}
