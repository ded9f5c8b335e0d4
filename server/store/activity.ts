import type { Activity } from '../model/activity.ts';
import type { ActivityFilter, ActivityStore } from '../ports/store/activity.ts';
import type { Engine, Filter } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

const MAPPING: RecordMapping<Activity> = {
  table: 'activity',
  sealed: { secret: [], personal: ['handle', 'value', 'by'] },
  toRow: ({ id, appId = HOST_SCOPE, createdAt, ...fields }) => ({
    id,
    appId,
    revision: 1,
    createdAt,
    fields,
    tags: { logType: fields.logType, status: fields.status, action: fields.action },
  }),
  toRecord: ({ id, appId, createdAt }, fields) =>
    ({ ...fields, id, ...(appId !== HOST_SCOPE && { appId }), createdAt }) as Activity,
};

/** `ActivityStore` over an engine. */
export function createActivityStore(engine: Engine, sealing: SealingDeps): ActivityStore {
  const records = new Records(engine, MAPPING, sealing);
  return {
    insertMany: (rows) => records.insertMissing(rows),
    page: (appId, filter, page) => records.page(filterOf(appId, filter), page),
    stream: (appId = HOST_SCOPE) => records.stream({ appId }),
    async timeAt(appId, place) {
      const [row] = await engine.list(MAPPING.table, { appId }, { order: 'newest', offset: place, limit: 1 });
      return row?.createdAt;
    },
    removeOlder: (before, limit, appId) =>
      records.removeWhere({ createdBefore: before, ...(appId !== undefined && { appId }) }, limit),
    removeAll: (appId) => records.removeWhere({ appId }),
  };
}

function filterOf(appId: string, { logType, status, actions, from, to }: ActivityFilter): Filter {
  return {
    appId,
    tags: { ...(logType && { logType }), ...(status && { status }), ...(actions && { action: actions }) },
    createdFrom: from,
    createdBefore: to,
  };
}
