import type { Operator } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { judgeSecondFactor } from '../attempts/password-attempts.ts';
import { wasChanged } from '../users/change.ts';
import { asUser, changeOperator, PORTAL, uncounted } from './account.ts';
import { recordAudit } from './audit.ts';
import { hashOperatorPassword, type PasswordFault, passwordFault } from './operator-password.ts';
import { isOwnPassword, type SignInDeps } from './sign-in.ts';

type OwnDeps = SignInDeps & Pick<Deps, 'qrCodes' | 'passwords'>;

const PENDING_MS = 10 * MINUTE_MS;
const RECOVERY_CODES = 10;

export type PasswordChange =
  | { state: 'wrong' }
  | { state: 'weak'; fault: PasswordFault }
  | { state: 'changed'; operator: Operator };

/** Sets another password and ends every session, this one too, and a link that nobody used yet. */
export async function changePassword(
  deps: OwnDeps,
  operator: Operator,
  { current, wanted, address }: { current: string; wanted: string; address: string },
): Promise<PasswordChange> {
  if (!(await isOwnPassword(deps, operator, current))) return { state: 'wrong' };
  const fault = passwordFault(wanted, operator.email);
  if (fault) return { state: 'weak', fault };
  const passwordHash = await hashOperatorPassword(deps, wanted);
  const change = await changeOperator(deps, operator.id, (record) => {
    if (record.passwordHash !== operator.passwordHash) return undefined;
    const { entry: _, ...rest } = record;
    return { ...rest, passwordHash, epoch: record.epoch + 1 };
  });
  if (!wasChanged(change)) return { state: 'wrong' };
  await deps.store.operatorSessions.removeOf(operator.id);
  await told(deps, operator, address, 'changePassword', 'password');
  return { state: 'changed', operator: change.after };
}

/** What an authenticator app needs to know. */
export interface Enrolment {
  /** In groups of four. */
  secret: string;
  uri: string;
  qrPng: string;
}

/** The secret that waits for its first code: the one of before while it lives, else a new one. */
export async function beginTotp(deps: OwnDeps, operator: Operator): Promise<Enrolment> {
  const now = deps.clock.now();
  const change = await changeOperator(deps, operator.id, (current) =>
    current.pendingTotp && current.pendingTotp.until > now
      ? undefined
      : { ...current, pendingTotp: { secret: deps.totp.newSecret(), until: now + PENDING_MS } },
  );
  const secret = change?.after.pendingTotp?.secret ?? '';
  const uri = deps.totp.uri({ issuer: `CoSync ${deps.config.serverName}`, handle: operator.email, secret });
  return { secret: (secret.match(/.{1,4}/g) ?? []).join(' '), uri, qrPng: await deps.qrCodes.png(uri) };
}

/** Switches TOTP on with the first code of the waiting secret; answers ten recovery codes, told once. */
export async function confirmTotp(
  deps: OwnDeps,
  operator: Operator,
  { code, address }: { code: string; address: string },
): Promise<string[] | undefined> {
  const codes = newRecoveryCodes(deps, operator);
  const check = async () => {
    const change = await changeOperator(deps, operator.id, async (current) => {
      const { pendingTotp, ...rest } = current;
      const now = deps.clock.now();
      if (!pendingTotp || pendingTotp.until <= now) return undefined;
      const { secret } = pendingTotp;
      const step = await deps.totp.verify({ secret, code, now, afterStep: undefined });
      if (typeof step !== 'number') return undefined;
      return { ...rest, totpSecret: secret, totpLastStep: step, recoveryCodes: codes.digests };
    });
    return wasChanged(change) ? 'right' : 'wrong';
  };
  const right = await judgeSecondFactor(uncounted(deps), {
    app: PORTAL,
    user: asUser(operator),
    check,
    method: 'totp',
  });
  if (!right) return undefined;
  await told(deps, operator, address, 'enableFactor', 'secondFactor');
  return codes.codes;
}

/** Switches TOTP off; its recovery codes go with it. */
export async function disableTotp(deps: OwnDeps, operator: Operator, address: string): Promise<void> {
  await changeOperator(deps, operator.id, (current) => {
    const { totpSecret: _, totpLastStep: __, pendingTotp: ___, ...rest } = current;
    return { ...rest, recoveryCodes: [] };
  });
  await told(deps, operator, address, 'disableFactor', 'secondFactor');
}

/** Ten new recovery codes in place of all others; undefined while TOTP is off. */
export async function replaceRecoveryCodes(
  deps: OwnDeps,
  operator: Operator,
  address: string,
): Promise<string[] | undefined> {
  const { codes, digests } = newRecoveryCodes(deps, operator);
  const change = await changeOperator(deps, operator.id, (current) =>
    current.totpSecret === undefined ? undefined : { ...current, recoveryCodes: digests },
  );
  if (!wasChanged(change)) return undefined;
  await told(deps, operator, address, 'newRecoveryCodes', 'recoveryCodes');
  return codes;
}

/** What an operator likes; nobody else is told. */
export async function setPreferences(
  deps: Pick<Deps, 'store' | 'clock'>,
  { id }: Operator,
  wanted: Pick<Operator, 'locale' | 'zone' | 'keyboard'>,
): Promise<void> {
  await changeOperator(deps, id, (current) => ({ ...current, ...wanted }));
}

function newRecoveryCodes(deps: OwnDeps, { id }: Operator): { codes: string[]; digests: string[] } {
  const codes = Array.from({ length: RECOVERY_CODES }, () => deps.codes.newRecoveryCode());
  return { codes, digests: codes.map((code) => deps.codes.digest('recovery', PORTAL.id, id, code)) };
}

async function told(
  deps: OwnDeps,
  operator: Operator,
  address: string,
  action: string,
  field: string,
): Promise<void> {
  deps.events.emit('operator_changed', { operatorId: operator.id, change: action, by: operator.id });
  await recordAudit(deps, { operator, address }, { action, changes: [{ field }] });
}
