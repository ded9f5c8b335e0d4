import type { App } from '../../model/app.ts';
import type { Asset } from '../../model/asset.ts';
import type { Invite } from '../../model/invite.ts';
import type { ArchiveFile } from '../../ports/archive.ts';
import type { Deps } from '../../ports/deps.ts';
import { OneAtATime } from '../../tools/one-at-a-time.ts';
import { getAppForPortal } from '../apps/apps.ts';
import {
  APP_TABLE,
  ASSET_TABLE,
  type ExportOptions,
  headerOf,
  INVITE_TABLE,
  rowOf,
  SIGNUP_TABLE,
  TEMPLATE_TABLE,
  type TransferTable,
  USER_TABLE,
} from './tables.ts';

type ExportDeps = Pick<Deps, 'store' | 'archives' | 'events' | 'activity' | 'clock' | 'config'>;

const turn = new OneAtATime();

/**
 * One app as the five files of contract §4.5, and a list of its users' files where there are any, streamed.
 * Secrets are in it unless `withSecrets` is false; each export is logged with which it was. Throws
 * `app_gone`, and `service_unavailable` while another export runs.
 */
export async function exportApp(
  deps: ExportDeps,
  { appId, ...options }: { appId: string } & ExportOptions,
): Promise<NodeJS.ReadableStream> {
  const app = await getAppForPortal(deps, appId);
  const end = turn.begin();
  announce(deps, app, options.withSecrets);
  return streamed(deps, filesOf(deps, app, options, ''), end);
}

/**
 * Every app of the host, a folder each, beside `host.json`. Throws `service_unavailable` while another export
 * runs.
 */
export async function exportHost(deps: ExportDeps, options: ExportOptions): Promise<NodeJS.ReadableStream> {
  const { withSecrets } = options;
  const end = turn.begin();
  const files = async function* (): AsyncIterable<ArchiveFile> {
    const apps: { appId: string; name: string }[] = [];
    for await (const app of deps.store.apps.stream()) {
      apps.push({ appId: app.id, name: app.name });
      announce(deps, app, withSecrets);
      yield* filesOf(deps, app, options, `${app.id}/`);
    }
    const host = {
      serverName: deps.config.serverName,
      apiUrl: deps.config.apiUrl,
      exportedAt: new Date(deps.clock.now()).toISOString(),
      withSecrets,
      apps,
    };
    yield { name: 'host.json', text: JSON.stringify(host, null, 2) };
  };
  return streamed(deps, files(), end);
}

async function streamed(
  { archives, events }: ExportDeps,
  files: AsyncIterable<ArchiveFile>,
  end: () => void,
): Promise<NodeJS.ReadableStream> {
  const stream = await archives.write(files).catch((error: unknown) => {
    end();
    throw error;
  });
  stream.once('error', () => events.emit('transfer_failed', { stage: 'export', reason: 'broken off' }));
  stream.once('close', end);
  return stream;
}

function announce({ events, activity }: ExportDeps, { id: appId }: App, withSecrets: boolean): void {
  events.emit('app_exported', { appId, withSecrets });
  activity.record({
    appId,
    action: 'exportAppDatabase',
    value: JSON.stringify({ withSecrets }),
    logType: 'app',
    status: 'success',
  });
}

async function* filesOf(
  { store }: ExportDeps,
  app: App,
  options: ExportOptions,
  folder: string,
): AsyncIterable<ArchiveFile> {
  const file = <T>(table: TransferTable<T>, records: AsyncIterable<T> | Iterable<T>): ArchiveFile => ({
    name: folder + table.file,
    header: headerOf(table, options),
    rows: rowsOf(table, records, options),
  });
  yield file(APP_TABLE, [app]);
  yield file(USER_TABLE, store.users.stream(app.id));
  yield file(SIGNUP_TABLE, store.signups.stream(app.id));
  yield file(INVITE_TABLE, notWithdrawn(store.invites.stream(app.id)));
  yield file(TEMPLATE_TABLE, await store.templates.list(app.id));
  const some = await store.assets.list(app.id, undefined, { limit: 1 });
  if (some.rows.length > 0) yield file(ASSET_TABLE, kept(store.assets.stream(app.id)));
}

/** What is only reserved is no file yet. */
async function* kept(assets: AsyncIterable<Asset>): AsyncIterable<Asset> {
  for await (const asset of assets) if (asset.status !== 'reserved') yield asset;
}

/** Withdrawn invites are kept for the portal's list alone. */
async function* notWithdrawn(invites: AsyncIterable<Invite>): AsyncIterable<Invite> {
  for await (const invite of invites) if (invite.status !== 'withdrawn') yield invite;
}

async function* rowsOf<T>(
  table: TransferTable<T>,
  records: AsyncIterable<T> | Iterable<T>,
  options: ExportOptions,
) {
  for await (const record of records) yield rowOf(table, record, options);
}
