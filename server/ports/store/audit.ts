import type { AuditRow } from '../../model/operator.ts';
import type { KeyPage, KeyPageRequest } from './page.ts';

export interface AuditFilter {
  operatorId?: string;
  action?: string;
  /** Inclusive, epoch ms. */
  from?: number;
  /** Exclusive, epoch ms. */
  to?: number;
}

/** What operators did. Rows are added and, when old, removed; nothing changes one. */
export interface AuditStore {
  insert(row: AuditRow): Promise<void>;
  insertMany(rows: readonly AuditRow[]): Promise<void>;
  /** A page by key, newest first; one whose rows are rare may come back short, with `next`. */
  list(filter: AuditFilter, page: KeyPageRequest): Promise<KeyPage<AuditRow>>;
  /** All that match, newest first, for an export. */
  newest(filter: AuditFilter): AsyncIterable<AuditRow>;
  /** All by id, for a backup. */
  stream(): AsyncIterable<AuditRow>;
  /** At most `limit` rows older than `before`; answers how many went. */
  removeOlder(before: number, limit: number): Promise<number>;
}
