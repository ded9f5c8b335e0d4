import type { AuditChange, AuditRow, Operator } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import type { AuditFilter } from '../../ports/store/audit.ts';

export type AuditDeps = Pick<Deps, 'store' | 'clock' | 'codes'>;

/** Who does something, and from where. */
export interface Actor {
  operator: Pick<Operator, 'id' | 'email'>;
  /** The client's address. */
  address: string;
}

/** Whoever has a shell on the host's machine. */
export const SETUP: Actor = { operator: { id: 'setup', email: 'setup' }, address: '' };

/**
 * Writes one line of the audit; what it tells of must have been done. `changes` hold no secret and nothing
 * personal: their names alone then.
 */
export function recordAudit(
  deps: AuditDeps,
  { operator, address }: Actor,
  input: { action: string; host?: string; appId?: string; target?: string; changes?: AuditChange[] },
): Promise<void> {
  const now = deps.clock.now();
  const { changes = [], ...told } = input;
  return deps.store.audit.insert({
    id: deps.codes.newRowId(now),
    operatorId: operator.id,
    email: operator.email,
    address,
    ...told,
    changes,
    createdAt: now,
  });
}

/** Newest first; every operator but an owner sees their own rows alone. */
export function auditFilterFor(operator: Pick<Operator, 'id' | 'role'>, filter: AuditFilter): AuditFilter {
  return operator.role === 'owner' ? filter : { ...filter, operatorId: operator.id };
}

/** One row more than asked for tells that there are further ones. */
export async function auditPage(
  deps: Pick<Deps, 'store'>,
  filter: AuditFilter,
  { offset, limit }: { offset: number; limit: number },
): Promise<{ rows: AuditRow[]; hasMore: boolean }> {
  const rows = await deps.store.audit.list(filter, { offset, limit: limit + 1 });
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}
