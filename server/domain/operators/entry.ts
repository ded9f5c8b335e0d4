import { isHostError } from '../../model/errors.ts';
import type { AppLimit, Operator, Role } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { wasChanged } from '../users/change.ts';
import { changeOperator, digestOf, operatorEmail } from './account.ts';
import { type Actor, limitText, recordAudit } from './audit.ts';
import { hashOperatorPassword, type PasswordFault, passwordFault } from './operator-password.ts';
import { joinOwners } from './owners.ts';

export type EntryDeps = Pick<Deps, 'store' | 'clock' | 'codes' | 'passwords' | 'events'>;

const ENTRY_MS = DAY_MS;

/** Whether anybody has ever been made an operator here. */
export async function hasOperators({ store }: Pick<Deps, 'store'>): Promise<boolean> {
  return (await store.operators.list()).length > 0;
}

/** The operator and the secret of the link, which is told once. */
export interface IssuedEntry {
  operator: Operator;
  secret: string;
  isNew: boolean;
}

/**
 * A new link for somebody, who becomes an operator by it; it voids an older one and lives 24 h. Whoever is an
 * operator already keeps role and apps, and the second factor unless `resetFactor`. Undefined for what is no
 * e-mail address.
 */
export async function issueEntry(
  deps: EntryDeps,
  actor: Actor,
  input: { email: string; role: Role; apps?: AppLimit[] | undefined; resetFactor?: boolean | undefined },
): Promise<IssuedEntry | undefined> {
  const email = operatorEmail(input.email);
  if (email === undefined) return undefined;
  const secret = deps.codes.newSecret();
  const now = deps.clock.now();
  const entry = { digest: digestOf(secret), until: now + ENTRY_MS };
  const existing = await deps.store.operators.findByEmail(email);
  const operator = existing
    ? await renewEntry(deps, existing, entry, input.resetFactor)
    : await insertOperator(deps, { email, role: input.role, apps: input.apps, entry });
  // Somebody else was faster, to make or to remove the operator.
  if (!operator) return issueEntry(deps, actor, input);
  const isNew = existing === undefined;
  const change = isNew ? 'invited' : 'linked';
  deps.events.emit('operator_changed', { operatorId: operator.id, change, by: actor.operator.id });
  await recordAudit(deps, actor, {
    action: isNew ? 'inviteOperator' : 'renewLink',
    target: email,
    changes: [
      ...(isNew ? [{ field: 'role', after: operator.role }] : []),
      ...(isNew && operator.apps ? [{ field: 'apps', after: limitText(operator) }] : []),
      ...(input.resetFactor && existing?.totpSecret ? [{ field: 'secondFactor', after: 'off' }] : []),
    ],
  });
  return { operator, secret, isNew };
}

async function renewEntry(
  deps: EntryDeps,
  { id }: Operator,
  entry: NonNullable<Operator['entry']>,
  resetFactor = false,
): Promise<Operator | undefined> {
  const change = await changeOperator(deps, id, (current) => {
    if (!resetFactor) return { ...current, entry };
    const { totpSecret: _, totpLastStep: __, pendingTotp: ___, ...rest } = current;
    return { ...rest, recoveryCodes: [], entry };
  });
  return change?.after;
}

async function insertOperator(
  deps: EntryDeps,
  { email, role, apps, entry }: Pick<Operator, 'email' | 'role' | 'entry'> & { apps: AppLimit[] | undefined },
): Promise<Operator | undefined> {
  const now = deps.clock.now();
  const operator: Operator = {
    id: deps.codes.newRowId(now),
    revision: 1,
    email,
    role,
    ...(apps && { apps }),
    recoveryCodes: [],
    entry,
    epoch: 0,
    createdAt: now,
    updatedAt: now,
  };
  try {
    await deps.store.operators.insert(operator);
    return operator;
  } catch (error) {
    if (isHostError(error, 'handle_taken')) return undefined;
    throw error;
  }
}

/** Whose link this is; undefined when it was used, is over, or another took its place. */
export async function findEntry(
  deps: Pick<Deps, 'store' | 'clock'>,
  secret: string,
): Promise<Operator | undefined> {
  const operator = await deps.store.operators.findByEntry(digestOf(secret));
  return operator?.entry && operator.entry.until > deps.clock.now() ? operator : undefined;
}

export type Entered =
  | { state: 'gone' }
  | { state: 'weak'; fault: PasswordFault }
  | { state: 'entered'; operator: Operator };

/** Uses a link up: sets the password and ends every session. Of two simultaneous uses one is `gone`. */
export async function enter(
  deps: EntryDeps,
  { secret, password, address }: { secret: string; password: string; address: string },
): Promise<Entered> {
  const found = await findEntry(deps, secret);
  if (!found) return { state: 'gone' };
  const fault = passwordFault(password, found.email);
  if (fault) return { state: 'weak', fault };
  const digest = digestOf(secret);
  const passwordHash = await hashOperatorPassword(deps, password);
  const now = deps.clock.now();
  const change = await changeOperator(deps, found.id, (current) => {
    if (current.entry?.digest !== digest) return undefined;
    const { entry: _, ...rest } = current;
    return { ...rest, passwordHash, enteredAt: current.enteredAt ?? now, epoch: current.epoch + 1 };
  });
  if (!wasChanged(change)) return { state: 'gone' };
  const operator = change.after;
  await deps.store.operatorSessions.removeOf(operator.id);
  await joinOwners(deps, operator);
  deps.events.emit('operator_changed', { operatorId: operator.id, change: 'entered', by: operator.id });
  await recordAudit(deps, { operator, address }, { action: 'enter', changes: [{ field: 'password' }] });
  return { state: 'entered', operator };
}
