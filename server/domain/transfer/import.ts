import type { App } from '../../model/app.ts';
import { HostError, refused } from '../../model/errors.ts';
import { ArchiveError, type OpenArchive, type TableRow } from '../../ports/archive.ts';
import type { Deps } from '../../ports/deps.ts';
import { KeyIndex } from '../../tools/key-index.ts';
import { OneAtATime } from '../../tools/one-at-a-time.ts';
import { removeWholeApp } from '../apps/app-removal.ts';
import { namingApp, requireFreeName } from '../apps/apps.ts';
import { PasswordTally } from '../users/password-kinds.ts';
import { recountSeats } from '../users/seats.ts';
import { CellError, Cells } from './cells.ts';
import { importedApp } from './import-app-record.ts';
import {
  importedInvite,
  importedSignup,
  importedTemplate,
  importedUser,
  type RecordDeps,
  requireSavable,
} from './import-records.ts';
import { NewestRows } from './newest-rows.ts';
import {
  APP_TABLE,
  INVITE_TABLE,
  SIGNUP_TABLE,
  SPREADSHEET,
  TEMPLATE_TABLE,
  TRANSFER_FILES,
  type TransferTable,
  USER_TABLE,
} from './tables.ts';

type ImportDeps = RecordDeps & Pick<Deps, 'store' | 'archives' | 'events' | 'activity' | 'renderer'>;

const LIMITS = { names: TRANSFER_FILES, maxInflatedBytes: 1_000_000_000, maxRows: 1_500_000 };
const MAX_PROBLEMS = 50;
const MAX_CELL = 64 * 1024;
const BATCH = 500;
/** An unfinished import shows this often that it is alive; the sweeper removes it after 30 s of silence. */
const HEARTBEAT_MS = 5_000;
/** The one column name that may stand twice. */
const DOUBLED = 'htmlTemplate';

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
      return await new Import(deps, archive, newKeys).run(name);
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
  readonly #archive: OpenArchive;
  readonly #newKeys: boolean;
  readonly #problems: string[] = [];
  readonly #signups: NewestRows;
  readonly #invites: NewestRows;
  readonly #tally: PasswordTally;
  #withSecrets = false;
  #spreadsheet = false;

  constructor(deps: ImportDeps, archive: OpenArchive, newKeys: boolean) {
    this.#deps = deps;
    this.#tally = new PasswordTally(deps);
    this.#archive = archive;
    this.#newKeys = newKeys;
    this.#signups = new NewestRows(deps.codes.newId());
    this.#invites = new NewestRows(deps.codes.newId());
  }

  async run(name: string): Promise<App> {
    const app = await this.#check();
    const { store, events, activity } = this.#deps;
    let current = { ...app, name: `importing ${app.id}` };
    await store.apps.insert(current);
    try {
      const users = await this.#write(app, async () => {
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
      events.emit('app_imported', { appId: app.id, users, withSecrets: this.#withSecrets });
      activity.record({
        appId: app.id,
        action: 'importDatabase',
        value: JSON.stringify({ users }),
        logType: 'app',
        status: 'success',
      });
      return live;
    } catch (error) {
      await removeWholeApp(this.#deps, app.id);
      throw error;
    }
  }

  /** Reads every row once, builds what it would become and throws it away. */
  async #check(): Promise<App> {
    const app = await this.#checkApp();
    const seen = () => new KeyIndex(this.#deps.codes.newId());
    const unique = {
      handle: seen(),
      userName: seen(),
      socialUserId: seen(),
      phone: seen(),
      uid: seen(),
      sub: seen(),
    };
    await this.#each(USER_TABLE, (cells) => {
      const user = importedUser(this.#deps, cells, app);
      const phone = user.phoneVerified ? user.phone : undefined;
      const social = user.socialUserId && `${user.loginProvider} ${user.socialUserId}`;
      const { handle, userName, uid, subject: sub } = user;
      const values = { handle, userName, socialUserId: social, phone, uid, sub };
      for (const [column, known] of Object.entries(unique)) {
        const value = values[column as keyof typeof values];
        if (value === undefined) continue;
        if (!known.add(value)) throw new CellError(`${column} belongs to an earlier row`);
      }
    });
    await this.#each(SIGNUP_TABLE, (cells, line) => {
      const { handle, updatedAt } = importedSignup(this.#deps, cells, app);
      this.#signups.see(handle, { line, updatedAt });
    });
    await this.#each(INVITE_TABLE, (cells, line) => {
      const { handle, senderHandle, updatedAt } = importedInvite(this.#deps, cells, app);
      this.#invites.see(JSON.stringify([handle, senderHandle]), { line, updatedAt });
    });
    const texts = new Set<string>();
    await this.#each(TEMPLATE_TABLE, (cells) => {
      const template = importedTemplate(this.#deps, cells, app);
      const { name, locale } = template;
      if (texts.has(`${name} ${locale}`))
        throw new CellError('the same message and locale stand in an earlier row');
      texts.add(`${name} ${locale}`);
      requireSavable(this.#deps, template);
    });
    if (this.#problems.length > 0) throw refused(this.#problems.join('; '));
    return app;
  }

  /** Only the first row counts, but the file is read to its end: damage shows there. */
  async #checkApp(): Promise<App> {
    const header = await this.#header(APP_TABLE);
    let first: TableRow | undefined;
    for await (const row of this.#archive.rows(APP_TABLE.file)) first ??= row;
    if (!first) throw refused(`${APP_TABLE.file} has no row`);
    const { line, cells } = first;
    try {
      this.#spreadsheet = new Cells(header, cells).boolean(SPREADSHEET, false);
      const named = new Cells(header, cells, this.#spreadsheet);
      this.#withSecrets = named.text('appPrivateKey', MAX_CELL) !== undefined;
      return await importedApp(this.#deps, named, {
        id: this.#deps.codes.newId(),
        name: '',
        newKeys: this.#newKeys,
      });
    } catch (error) {
      throw refused(this.#describe(APP_TABLE.file, line, error));
    }
  }

  async #write(app: App, heartbeat: () => Promise<void>): Promise<number> {
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
      const header = await this.#header(table);
      for await (const { line, cells } of this.#archive.rows(table.file)) {
        // Also while rows are only skipped.
        if (++read % BATCH === 0) await beat();
        const named = new Cells(header, cells, this.#spreadsheet);
        const record = named.text('appId') === undefined ? undefined : build(named, line);
        if (record !== undefined) batch.push(record);
        if (batch.length === BATCH) await flush();
      }
      await flush();
      return written;
    };
    const deps = this.#deps;
    await insert(
      TEMPLATE_TABLE,
      (cells) => importedTemplate(deps, cells, app),
      (rows) => store.templates.insertMany(rows),
    );
    await insert(
      SIGNUP_TABLE,
      (cells, line) => {
        const signup = importedSignup(deps, cells, app);
        return this.#signups.isNewest(signup.handle, line) ? signup : undefined;
      },
      (rows) => store.signups.insertMany(rows),
    );
    await insert(
      INVITE_TABLE,
      (cells, line) => {
        const invite = importedInvite(deps, cells, app);
        return this.#invites.isNewest(JSON.stringify([invite.handle, invite.senderHandle]), line)
          ? invite
          : undefined;
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

  /** Rows without an `appId` are skipped (contract §4.5). */
  async #each<T>(table: TransferTable<T>, look: (cells: Cells, line: number) => void): Promise<void> {
    const header = await this.#header(table);
    for await (const { line, cells } of this.#archive.rows(table.file)) {
      try {
        const named = new Cells(header, cells, this.#spreadsheet);
        if (named.text('appId') !== undefined) look(named, line);
      } catch (error) {
        this.#problems.push(this.#describe(table.file, line, error));
        if (this.#problems.length === MAX_PROBLEMS) {
          throw refused(`${this.#problems.join('; ')}; and perhaps more`);
        }
      }
    }
  }

  async #header<T>(table: TransferTable<T>): Promise<readonly string[]> {
    const header = await this.#archive.header(table.file);
    const doubled = header.find((column, index) => column !== DOUBLED && header.indexOf(column) !== index);
    if (doubled !== undefined) throw refused(`${table.file} has the column ${doubled} twice`);
    const needed = table === APP_TABLE ? 'name' : 'appId';
    if (!header.includes(needed)) throw refused(`${table.file} has no column ${needed}`);
    return header;
  }

  #describe(file: string, line: number, error: unknown): string {
    if (error instanceof CellError) return `${file} line ${line}: ${error.message}`;
    throw error;
  }
}
