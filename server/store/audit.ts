import type { AuditRow } from '../model/operator.ts';
import type { AuditFilter, AuditStore } from '../ports/store/audit.ts';
import type { Engine, Filter } from './engine.ts';
import { type Leg, readLegs } from './key-page.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

/** Sealed as a whole: who can write the database changes no line of it unnoticed. */
const MAPPING: RecordMapping<AuditRow> = {
  table: 'audit',
  sealed: { secret: [], personal: ['email', 'address', 'target', 'changes'], whole: true },
  toRow: ({ id, createdAt, ...fields }) => ({
    id,
    appId: HOST_SCOPE,
    revision: 1,
    createdAt,
    fields,
    lookups: { operator: fields.operatorId },
    tags: { action: fields.action },
  }),
  toRecord: ({ id, createdAt }, fields) => ({ ...fields, id, createdAt }) as AuditRow,
};

/** `AuditStore` over an engine. */
export function createAuditStore(engine: Engine, sealing: SealingDeps): AuditStore {
  const records = new Records(engine, MAPPING, sealing);
  return {
    insert: (row) => records.insert(row),
    insertMany: (rows) => records.insertMany(rows),
    list: (filter, page) => readLegs(records, [legOf(filter)], page),
    newest: (filter) => records.newest(filterOf(filter)),
    stream: () => records.stream({ appId: HOST_SCOPE }),
    removeOlder: (before, limit) => records.removeWhere({ appId: HOST_SCOPE, createdBefore: before }, limit),
  };
}

function filterOf({ operatorId, action, from, to }: AuditFilter): Filter {
  return {
    appId: HOST_SCOPE,
    ...(operatorId !== undefined && { lookup: { name: 'operator', value: operatorId } }),
    ...(action !== undefined && { tags: { action } }),
    createdFrom: from,
    createdBefore: to,
  };
}

/** One index finds the rows: that of the operator, else that of the action. */
function legOf({ operatorId, action, ...times }: AuditFilter): Leg<AuditRow> {
  const found =
    operatorId === undefined ? filterOf({ action, ...times }) : filterOf({ operatorId, ...times });
  return {
    filter: found,
    by: 'createdAt',
    descending: true,
    fits: (row) => action === undefined || row.action === action,
  };
}
