import type { AppLimit, Role } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import { changeOperator } from './account.ts';
import { type Actor, type AuditDeps, limitText, recordAudit } from './audit.ts';
import { joinOwners, leaveOwners } from './owners.ts';

type OperatorDeps = AuditDeps & Pick<Deps, 'events'>;

export type RoleChange = 'done' | 'lastOwner' | 'gone';

/** Changes what an operator may do; sessions stay and are judged by the new role at once. */
export async function changeRole(
  deps: OperatorDeps,
  actor: Actor,
  { id, role, apps }: { id: string; role: Role; apps: AppLimit[] | undefined },
): Promise<RoleChange> {
  const staysOwner = role === 'owner' && apps === undefined;
  if (!staysOwner && !(await leaveOwners(deps, id))) return 'lastOwner';
  const change = await changeOperator(deps, id, (current) => {
    const { apps: _, ...rest } = current;
    return { ...rest, role, ...(apps && { apps }) };
  });
  if (!change) return 'gone';
  const { before, after } = change;
  await joinOwners(deps, after);
  deps.events.emit('operator_changed', { operatorId: id, change: 'role', by: actor.operator.id });
  await recordAudit(deps, actor, {
    action: 'changeRole',
    target: after.email,
    changes: [
      { field: 'role', before: before.role, after: after.role },
      { field: 'apps', before: limitText(before), after: limitText(after) },
    ].filter((row) => row.before !== row.after),
  });
  return 'done';
}

/** Removes an operator and ends their sessions. */
export async function removeOperator(deps: OperatorDeps, actor: Actor, id: string): Promise<RoleChange> {
  const operator = await deps.store.operators.find(id);
  if (!operator) return 'gone';
  if (!(await leaveOwners(deps, id))) return 'lastOwner';
  if (!(await deps.store.operators.remove(id))) return 'gone';
  await deps.store.operatorSessions.removeOf(id);
  deps.events.emit('operator_changed', { operatorId: id, change: 'removed', by: actor.operator.id });
  await recordAudit(deps, actor, { action: 'removeOperator', target: operator.email });
  return 'done';
}
