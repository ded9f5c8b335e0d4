import type { AuditChange, AuditRow, Operator } from '../../model/operator.ts';
import type { Deps } from '../../ports/deps.ts';
import type { AuditFilter } from '../../ports/store/audit.ts';
import { type ListPage, type ListRequest, readList } from '../portal/list.ts';

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

/** The apps somebody is limited to, as a line of the audit tells them. */
export function limitText({ apps }: Pick<Operator, 'apps'>): string {
  return apps ? apps.map(({ host, appId }) => `${host}/${appId}`).join(' ') : '*';
}

/** Every operator but an owner of all apps sees their own rows alone. */
export function auditFilterFor(
  { id, role, apps }: Pick<Operator, 'id' | 'role' | 'apps'>,
  filter: AuditFilter,
): AuditFilter {
  return role === 'owner' && apps === undefined ? filter : { ...filter, operatorId: id };
}

/** A page of the audit, newest first. Throws `refused` for a cursor of another list. */
export function auditPage(
  deps: Pick<Deps, 'store' | 'cursors'>,
  filter: AuditFilter,
  page: ListRequest,
): Promise<ListPage<AuditRow>> {
  const name = { list: 'portal/audit', filter: { ...filter } };
  return readList(deps, name, page, (request) => deps.store.audit.list(filter, request));
}
