import type { Activity } from '../model/activity.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { ActivityFilter, ActivityStore } from '../ports/store/activity.ts';
import type { Engine, Filter } from './engine.ts';
import { type Leg, readLegs } from './key-page.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

const TABLE = 'activity';

function mapping(lookups: Lookups): RecordMapping<Activity> {
  return {
    table: TABLE,
    sealed: { secret: [], personal: ['handle', 'value', 'by'] },
    toRow: ({ id, appId = HOST_SCOPE, createdAt, ...fields }) => ({
      id,
      appId,
      revision: 1,
      createdAt,
      fields,
      lookups: { handle: handleKey(lookups, appId, fields.handle) },
      tags: { logType: fields.logType, status: fields.status, action: fields.action },
    }),
    toRecord: ({ id, appId, createdAt }, fields) =>
      ({ ...fields, id, ...(appId !== HOST_SCOPE && { appId }), createdAt }) as Activity,
  };
}
/** 64 bits: a chance match only costs a look, for every row is compared after opening. */
const KEY_DIGITS = 16;
function handleKey(lookups: Lookups, appId: string, handle: string | undefined): string {
  return handle === undefined ? '' : lookups.key(appId, 'handle', spelled(handle)).slice(0, KEY_DIGITS);
}
/** Rows hold handles as they were typed. */
function spelled(handle: string): string {
  return handle.trim().toLowerCase();
}

/** `ActivityStore` over an engine. */
export function createActivityStore(engine: Engine, lookups: Lookups, sealing: SealingDeps): ActivityStore {
  const records = new Records(engine, mapping(lookups), sealing);
  return {
    insertMany: (rows) => records.insertMissing(rows),
    page: (appId, filter, page) => records.page(filterOf(lookups, appId, filter), page),
    list: (appId, filter, page) => readLegs(records, legsOf(lookups, appId, filter), page),
    stream: (appId = HOST_SCOPE) => records.stream({ appId }),
    async timeAt(appId, place) {
      const [row] = await engine.list(TABLE, { appId }, { order: 'newest', offset: place, limit: 1 });
      return row?.createdAt;
    },
    removeOlder: (before, limit, appId) =>
      records.removeWhere({ createdBefore: before, ...(appId !== undefined && { appId }) }, limit),
    removeAll: (appId) => records.removeWhere({ appId }),
  };
}

function filterOf(lookups: Lookups, appId: string, filter: ActivityFilter): Filter {
  const { logType, status, actions, handle, from, to } = filter;
  return {
    appId,
    tags: { ...(logType && { logType }), ...(status && { status }), ...(actions && { action: actions }) },
    ...(handle !== undefined && { lookup: { name: 'handle', value: handleKey(lookups, appId, handle) } }),
    createdFrom: from,
    createdBefore: to,
  };
}

/** Rows of before say nothing of their handle: they are the oldest, and come behind the others. */
function legsOf(lookups: Lookups, appId: string, filter: ActivityFilter): Leg<Activity>[] {
  const { handle, status, from, to } = filter;
  const leg = (more: Filter): Leg<Activity> => ({
    filter: { appId, createdFrom: from, createdBefore: to, ...more },
    by: 'createdAt',
    descending: true,
    fits: (row) => fitsFilter(row, filter),
  });
  if (handle !== undefined) {
    const values = [handleKey(lookups, appId, handle), null];
    return values.map((value) => leg({ lookup: { name: 'handle', value } }));
  }
  return [leg(status === 'error' ? { tags: { status } } : {})];
}

function fitsFilter(row: Activity, filter: ActivityFilter): boolean {
  const { logType, status, actions, handle } = filter;
  return (
    (logType === undefined || row.logType === logType) &&
    (status === undefined || row.status === status) &&
    (actions === undefined || actions.includes(row.action)) &&
    (handle === undefined || (row.handle !== undefined && spelled(row.handle) === spelled(handle)))
  );
}
