import type { Store } from '../../server/ports/store/store.ts';
import type { Engine } from '../../server/store/engine.ts';
import type { TableName } from '../../server/store/tables.ts';
import { openRecords } from './open-host.ts';

/**
 * What the records of each table are called in a backup. A new table needs its name here, its reading below
 * and its place in a restore.
 */
const KINDS = {
  apps: 'app',
  users: 'user',
  signups: 'signup',
  invites: 'invite',
  templates: 'template',
  activity: 'activity',
  messages: 'message',
  operators: 'operator',
  operatorSessions: 'operatorSession',
  managedHosts: 'managedHost',
  audit: 'audit',
  jobs: 'job',
  assets: 'asset',
} as const satisfies Record<TableName, string>;
export type RecordKind = (typeof KINDS)[TableName] | 'figure';
/** A row that does not open. */
export interface DamagedRow {
  table: TableName;
  appId: string;
  id: string;
}

/** A database with its records, and the rows among those read so far that do not open. */
export interface AllRecords {
  readonly store: Store;
  readonly damaged: readonly DamagedRow[];
  /**
   * Every record of the host, the belongings of damaged apps included. Users last: a signup or invite that is
   * done has its user by then.
   */
  read(): AsyncIterable<{ kind: RecordKind; record: unknown }>;
}

/** Throws `WrongEncryptKeyError`. */
export async function openAllRecords(
  engine: Engine,
  config: Parameters<typeof openRecords>[1],
): Promise<AllRecords> {
  const damaged: DamagedRow[] = [];
  const store = await openRecords(engine, config, (table, { appId, id }) => {
    damaged.push({ table, appId, id });
  });
  return { store, damaged, read: () => readAll(store, damaged) };
}

async function* readAll(store: Store, damaged: readonly DamagedRow[]): ReturnType<AllRecords['read']> {
  for await (const app of store.apps.stream()) {
    yield { kind: 'app', record: app };
    yield* belongings(store, app.id);
  }
  for (const { id } of damaged.filter(({ table }) => table === 'apps')) yield* belongings(store, id);
  yield* ofKind('activity', store.activity.stream(undefined));
  yield* ofKind('message', store.messages.stream());
  yield* ofKind('operator', await store.operators.list());
  yield* ofKind('operatorSession', store.operatorSessions.stream());
  yield* ofKind('managedHost', await store.managedHosts.list());
  yield* ofKind('audit', store.audit.stream());
  yield* ofKind('job', store.jobs.stream());
  yield* ofKind('asset', store.assets.streamRemovals());
}

async function* belongings(store: Store, appId: string): ReturnType<AllRecords['read']> {
  yield* ofKind('template', await store.templates.list(appId));
  yield* ofKind('signup', store.signups.stream(appId));
  yield* ofKind('invite', store.invites.stream(appId));
  yield* ofKind('activity', store.activity.stream(appId));
  yield* ofKind('figure', store.figures.stream(appId));
  yield* ofKind('asset', store.assets.stream(appId));
  yield* ofKind('user', store.users.stream(appId));
}

async function* ofKind(
  kind: RecordKind,
  records: AsyncIterable<unknown> | Iterable<unknown>,
): ReturnType<AllRecords['read']> {
  for await (const record of records) yield { kind, record };
}
