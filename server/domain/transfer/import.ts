import type { App } from '../../model/app.ts';
import { HostError, refused } from '../../model/errors.ts';
import { ArchiveError } from '../../ports/archive.ts';
import type { Deps } from '../../ports/deps.ts';
import { OneAtATime } from '../../tools/one-at-a-time.ts';
import { removeWholeApp } from '../apps/app-removal.ts';
import { namingApp, requireFreeName } from '../apps/apps.ts';
import { PasswordTally } from '../users/password-kinds.ts';
import { recountSeats } from '../users/seats.ts';
import type { Cells } from './cells.ts';
import { type CheckDeps, type CheckedImport, checkImport, inviteKey } from './check.ts';
import { importedInvite, importedSignup, importedTemplate, importedUser } from './import-records.ts';
import { ImportSource } from './source.ts';
import {
  ASSET_TABLE,
  INVITE_TABLE,
  SIGNUP_TABLE,
  TEMPLATE_TABLE,
  TRANSFER_FILES,
  type TransferTable,
  USER_TABLE,
} from './tables.ts';

type ImportDeps = CheckDeps &
  Pick<Deps, 'store' | 'archives' | 'events' | 'activity' | 'figures' | 'wakeAssets'>;

const LIMITS = {
  names: TRANSFER_FILES,
  // It lists files, and has none: nothing is made of it.
  others: [ASSET_TABLE.file],
  maxInflatedBytes: 1_000_000_000,
  maxRows: 1_500_000,
};
const BATCH = 500;
/** An unfinished import shows this often that it is alive; the sweeper removes it after 30 s of silence. */
const HEARTBEAT_MS = 5_000;

const turn = new OneAtATime();

/**
 * Makes an app of an export file, the old host's or ours. The whole file is checked before anything is
 * written; then everything goes under an app record nobody can see, until one last write makes it a live app.
 * `newKeys` asks for a key pair of its own. Throws `refused` with every bad row by file, line and reason,
 * `app_name_taken`, and `service_unavailable` while another import runs.
 */
export async function importApp(
  deps: ImportDeps,
  { name, path, newKeys }: { name: string; path: string; newKeys: boolean },
): Promise<App> {
  const end = turn.begin();
  try {
    await requireFreeName(deps, name, 'appName');
    const archive = await deps.archives.open(path, LIMITS);
    try {
      const source = new ImportSource(archive);
      return await new Import(deps, source, await checkImport(deps, source, { newKeys })).run(name);
    } finally {
      archive.close();
    }
  } catch (error) {
    const refusal = blamingFile(error);
    const reason = refusal instanceof HostError ? refusal.error : 'unexpected';
    deps.events.emit('transfer_failed', { stage: 'import', reason });
    throw refusal;
  } finally {
    end();
  }
}

/** What the archive or its rows are refused for blames the file; a name that is taken blames itself. */
function blamingFile(error: unknown): unknown {
  const because = { reason: 'unknown_value', field: 'file' } as const;
  if (error instanceof ArchiveError) return refused(error.message, because);
  if (!(error instanceof HostError) || error.error !== 'refused' || error.because) return error;
  return refused(error.detail ?? error.message, because);
}

class Import {
  readonly #deps: ImportDeps;
  readonly #source: ImportSource;
  readonly #checked: CheckedImport;
  readonly #tally: PasswordTally;

  constructor(deps: ImportDeps, source: ImportSource, checked: CheckedImport) {
    this.#deps = deps;
    this.#source = source;
    this.#checked = checked;
    this.#tally = new PasswordTally(deps);
  }

  async run(name: string): Promise<App> {
    const { app, withSecrets } = this.#checked;
    const { store, events, activity } = this.#deps;
    let current = { ...app, name: `importing ${app.id}` };
    await store.apps.insert(current);
    try {
      const users = await this.#write(async () => {
        current = (await store.apps.replace({ ...current, updatedAt: this.#deps.clock.now() })) ?? current;
      });
      await recountSeats(this.#deps, app);
      await this.#tally.save(this.#deps, app);
      const live = await namingApp(
        name,
        () => store.apps.replace({ ...current, name, lifecycle: 'live', updatedAt: app.updatedAt }),
        'appName',
      );
      if (!live) throw new HostError('service_unavailable', { retryAfterSeconds: 1 });
      events.emit('app_imported', { appId: app.id, users, withSecrets });
      this.#deps.figures.count(app.id, 'user_imported', 'archive', '', users);
      activity.record({
        appId: app.id,
        action: 'importDatabase',
        value: JSON.stringify({ users }),
        logType: 'app',
        status: 'success',
      });
      return live;
    } catch (error) {
      await removeWholeApp(this.#deps, app);
      throw error;
    }
  }

  async #write(heartbeat: () => Promise<void>): Promise<number> {
    const { store, clock } = this.#deps;
    let beatAt = clock.now();
    const beat = async () => {
      if (clock.now() - beatAt < HEARTBEAT_MS) return;
      await heartbeat();
      beatAt = clock.now();
    };
    const insert = async <T>(
      table: TransferTable<T>,
      build: (cells: Cells, line: number) => T | undefined,
      put: (records: T[]) => Promise<void>,
    ) => {
      let batch: T[] = [];
      let written = 0;
      const flush = async () => {
        await put(batch);
        written += batch.length;
        batch = [];
        await beat();
      };
      let read = 0;
      for await (const { line, open } of this.#source.rows(table)) {
        // Also while rows are only skipped.
        if (++read % BATCH === 0) await beat();
        const cells = open();
        const record = cells && build(cells, line);
        if (record !== undefined) batch.push(record);
        if (batch.length === BATCH) await flush();
      }
      await flush();
      return written;
    };
    const deps = this.#deps;
    const { app, signups, invites } = this.#checked;
    await insert(
      TEMPLATE_TABLE,
      (cells) => importedTemplate(deps, cells, app),
      (rows) => store.templates.insertMany(rows),
    );
    await insert(
      SIGNUP_TABLE,
      (cells, line) => {
        const signup = importedSignup(deps, cells, app);
        return signups.isNewest(signup.handle, line) ? signup : undefined;
      },
      (rows) => store.signups.insertMany(rows),
    );
    await insert(
      INVITE_TABLE,
      (cells, line) => {
        const invite = importedInvite(deps, cells, app);
        return invites.isNewest(inviteKey(invite), line) ? invite : undefined;
      },
      (rows) => store.invites.insertMany(rows),
    );
    return insert(
      USER_TABLE,
      (cells) => importedUser(deps, cells, app),
      (rows) => {
        for (const user of rows) this.#tally.add(user);
        return store.users.insertMany(rows);
      },
    );
  }
}
