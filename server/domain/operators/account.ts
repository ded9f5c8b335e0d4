import { createHash } from 'node:crypto';
import type { App } from '../../model/app.ts';
import { mappedAddress } from '../../model/mail-address.ts';
import type { Operator } from '../../model/operator.ts';
import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { newAppSettings } from '../apps/apps.ts';
import { type Change, change } from '../users/change.ts';

/** What the waits and budgets of log-ins count operators under: no app has this id. */
export const PORTAL: App = {
  ...newAppSettings(),
  id: 'portal',
  name: 'portal',
  type: 'commercial',
  maxLoginAttempts: 0,
  keys: [],
  appToken: '',
  tokenGeneration: 0,
  appSecret: '',
  createdAt: 0,
  updatedAt: 0,
};

/** An operator as the code that judges users' passwords and codes sees one. */
export function asUser(operator: Operator): User {
  const { id, revision, email, passwordHash, totpSecret, recoveryCodes, epoch, networks } = operator;
  return {
    id,
    appId: PORTAL.id,
    revision,
    uid: id,
    handle: email,
    ...(passwordHash !== undefined && { passwordHash }),
    status: 'active',
    locale: 'EN',
    loginProvider: '',
    phoneVerified: false,
    twoFactorPhone: false,
    twoFactorTotp: totpSecret !== undefined,
    recoveryCodes,
    metaData: {},
    epoch,
    revokedTokens: [],
    ...(networks && { networks }),
    createdAt: operator.createdAt,
    updatedAt: operator.updatedAt,
  };
}

/** The one spelling of an operator's address; undefined for what is none. */
export function operatorEmail(text: string): string | undefined {
  const trimmed = text.trim();
  return trimmed.length > 254 ? undefined : mappedAddress(trimmed)?.toLowerCase();
}

/** What is stored of a random text that opens something. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** `change` for an operator: `undefined` when the operator is gone. */
export function changeOperator(
  deps: Pick<Deps, 'store' | 'clock'>,
  id: string,
  changeRecord: (operator: Operator) => Operator | undefined | Promise<Operator | undefined>,
): Promise<Change<Operator> | undefined> {
  const { operators } = deps.store;
  return change(
    deps.clock,
    operators,
    () => operators.find(id),
    async (current) => {
      const changed = await changeRecord(current);
      return changed && { ...changed, updatedAt: deps.clock.now() };
    },
  );
}

/** The same without figures: they tell of apps, and an operator signs in to none. */
export function uncounted<D extends Pick<Deps, 'figures'>>(deps: D): D {
  return { ...deps, figures: { count: () => undefined, visit: () => undefined } };
}
