import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { App } from '../../server/model/app.ts';
import type { Config } from '../../server/model/config.ts';
import type { Operator } from '../../server/model/operator.ts';
import type { User } from '../../server/model/user.ts';
import { FIRST_GENERATION } from '../../server/ports/security/host-tokens.ts';
import { META, type MetaStore } from '../../server/ports/store/meta.ts';
import type { Store } from '../../server/ports/store/store.ts';
import { systemClock } from '../../server/security/clock.ts';
import { openDataKey } from '../../server/security/data-key.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import type { Engine } from '../../server/store/engine.ts';
import { HOST_SCOPE, TABLES, type TableName } from '../../server/store/tables.ts';
import { type Command, existingAnswers } from '../command.ts';
import { EXIT, SetupError } from '../exit.ts';
import type { RecordKind } from '../installation/all-records.ts';
import { draftConfig } from '../installation/draft.ts';
import { makePrivateFolder, writeFileWhole } from '../installation/files.ts';
import { changeHostEnv } from '../installation/host-env.ts';
import { openRecords } from '../installation/open-host.ts';
import { closeToOthers } from '../installation/private-files.ts';
import { askBackupPass } from '../terminal/ask.ts';
import { readBackupPass } from '../terminal/backup-pass.ts';
import { requireAssetPath, writeAssetFiles } from './asset-files.ts';
import type { BackupEntry } from './backup.ts';
import { readBackupFile } from './backup-file.ts';

/** What a backup holds, after it was read through once. */
interface Contents {
  settings: Record<string, string>;
  meta: Map<string, string>;
  files: Map<string, { mode: number; content: Buffer }>;
  counts: Map<string, number>;
}

/** `--verify-backup FILE`: reads it through and checks that everything is there and opens. */
export const verifyBackup: Command = async ({ options, terminal }) => {
  const file = options['verify-backup'] ?? '';
  const passPhrase =
    readBackupPass(existingAnswers(options).env) ??
    (await askBackupPass(terminal, 'Pass phrase of the backup', { isNew: false }));
  const { counts } = await terminal.progress('Reading the backup', inspect(file, passPhrase));
  terminal.line(`${file} is whole: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')}.`);
  return EXIT.done;
};

/**
 * `--restore FILE`: checks the whole backup, then writes it into an empty data folder and an empty database.
 */
export const restore: Command = async ({ options, terminal }) => {
  const file = options.restore ?? '';
  const { dataDir, env, texts } = existingAnswers(options);
  const passPhrase =
    readBackupPass(env) ?? (await askBackupPass(terminal, 'Pass phrase of the backup', { isNew: false }));
  requireEmptyFolder(dataDir);
  const contents = await terminal.progress('Checking the backup', inspect(file, passPhrase));
  const { DB_CONN_STRING: _, ...settings } = contents.settings;
  const target = texts.DB_CONN_STRING ?? contents.settings.DB_CONN_STRING;
  if (target !== undefined) settings.DB_CONN_STRING = target;
  const used = Object.fromEntries(USED_SETTINGS.map((name) => [name, settings[name]]));
  const config = draftConfig({ ...used, DATA_DIR: dataDir });

  makePrivateFolder(dataDir);
  closeToOthers(dataDir);
  const newest = options['keep-sessions'] ? 0 : Math.floor(systemClock.now() / 1000);
  await terminal.progress(
    'Writing the database',
    restoreDatabase(config, contents, { file, passPhrase, newest }),
  );
  for (const [path, { mode, content }] of contents.files) {
    makePrivateFolder(dirname(join(dataDir, path)));
    writeFileWhole(join(dataDir, path), content, mode);
  }
  if (contents.counts.has('assetFile')) {
    const entries = readBackupFile(file, passPhrase);
    await terminal.progress('Writing the files of users', writeAssetFiles(dataDir, entries));
  }
  changeHostEnv(dataDir, settings);
  terminal.line(newest > 0 ? SESSIONS_ENDED : SESSIONS_KEPT);
  terminal.line(`Restored into ${dataDir}. Start it with: DATA_DIR=${dataDir} npm start`);
  return EXIT.done;
};

/**
 * What a restore itself needs. The others are written as the backup has them: where this version takes one no
 * more, the start names it, and the file can be edited, which a backup cannot.
 */
const USED_SETTINGS = [
  'DB_CONN_STRING',
  'DATABASE_WAIT_SECONDS',
  'PASS_KEY',
  'ENCRYPT_KEY',
  'ENCRYPT_USER_DATA',
] as const;

const SESSIONS_ENDED =
  'Everybody has to log in again, super-user tokens have ended, and the portal needs a new server secret (npx setup --print-secret): ' +
  'what was revoked after the backup must not come back. App tokens and app keys stay. ' +
  'Passwords are those of the backup: whoever changed one since then has the old one again.';
const SESSIONS_KEPT =
  'Sessions, super-user tokens and the server secret are those of the backup, even where they were revoked after it (--keep-sessions).';

/**
 * What a restore is made from. `newest`: a generation or epoch, in seconds since 1970, that no token of
 * before can have; 0 keeps them.
 */
interface Source {
  file: string;
  passPhrase: string;
  newest: number;
}

function requireEmptyFolder(dataDir: string): void {
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new SetupError(
      EXIT.cannotWrite,
      `${dataDir} is not empty: restore into a new folder with --data-dir.`,
    );
  }
}

/**
 * First reading: every block authentic, nothing missing, key pair and data key opened by the settings inside.
 * Throws `SetupError` 78.
 */
async function inspect(file: string, passPhrase: string): Promise<Contents> {
  const contents: Contents = { settings: {}, meta: new Map(), files: new Map(), counts: new Map() };
  let entries = 0;
  let expected = -1;
  for await (const line of readBackupFile(file, passPhrase)) {
    const entry = line as BackupEntry;
    if (entry.kind === 'end') {
      expected = entry.entries;
      continue;
    }
    entries++;
    contents.counts.set(entry.kind, (contents.counts.get(entry.kind) ?? 0) + 1);
    if (entry.kind === 'settings') contents.settings = entry.settings;
    if (entry.kind === 'assetFile') requireAssetPath(entry.path);
    if (entry.kind === 'meta') contents.meta.set(entry.name, entry.value);
    if (entry.kind === 'file')
      contents.files.set(safePath(entry.path), {
        mode: entry.mode,
        content: Buffer.from(entry.content, 'base64'),
      });
  }
  if (entries !== expected)
    throw new SetupError(EXIT.configuration, `The backup holds ${entries} entries of ${expected}.`);
  await requireKeysOpen(contents);
  return contents;
}

function safePath(path: string): string {
  const clean = normalize(path);
  if (/^(keys|templates)\//.test(clean)) return clean;
  throw new SetupError(
    EXIT.configuration,
    `The backup holds a file of an odd name: ${JSON.stringify(path)}.`,
  );
}

async function requireKeysOpen({ settings, meta, files }: Contents): Promise<void> {
  const pem = (name: string) => files.get(`keys/${name}.pem`)?.content.toString() ?? '';
  try {
    const privateKey = createPrivateKey({ key: pem('privatekey'), passphrase: settings.PASS_KEY ?? '' });
    if (!createPublicKey(privateKey).equals(createPublicKey(pem('publickey'))))
      throw new TypeError('mismatch');
  } catch {
    throw new SetupError(
      EXIT.configuration,
      'The key pair in the backup does not open with the pass phrase in it.',
    );
  }
  if (!meta.has(META.dataKey)) throw new SetupError(EXIT.configuration, 'The backup holds no data key.');
  const readOnly: MetaStore = { get: async (name) => meta.get(name), compareAndSet: async () => false };
  await openDataKey({ meta: readOnly, encryptKey: settings.ENCRYPT_KEY ?? '' });
}

/** The embedded database is made under another name first: it appears whole or not at all. */
async function restoreDatabase(config: Config, contents: Contents, source: Source): Promise<void> {
  const { database } = config;
  if (database.kind === 'mongodb') return fill(config, config.database, contents, source);
  if (existsSync(database.file)) throw new SetupError(EXIT.cannotWrite, `${database.file} exists already.`);
  const temporary = `${database.file}.restoring`;
  const remove = () => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${temporary}${suffix}`, { force: true });
  };
  try {
    await fill(config, { kind: 'sqlite', file: temporary }, contents, source);
    renameSync(temporary, database.file);
  } finally {
    remove();
  }
}

const BATCH = 500;

async function fill(
  config: Config,
  database: Config['database'],
  contents: Contents,
  source: Source,
): Promise<void> {
  const engine = await openEngine({ database, databaseWaitSeconds: config.databaseWaitSeconds });
  try {
    await requireEmptyDatabase(engine);
    for (const [name, value] of contents.meta) {
      if (!(await engine.metaCompareAndSet(name, await engine.metaGet(name), value)))
        throw new TypeError(`${name} was not written`);
    }
    const store = await openRecords(engine, config);
    await endServerSecrets(store.meta, source.newest);
    let batch: { kind: RecordKind; records: unknown[] } = { kind: 'app', records: [] };
    const flush = async () => {
      if (batch.records.length > 0) await insertAll(store, batch.kind, batch.records);
    };
    for await (const line of readBackupFile(source.file, source.passPhrase)) {
      const entry = line as BackupEntry;
      if (entry.kind === 'counter') await engine.counterPut(entry.key, entry.row);
      if (entry.kind === 'damaged') await engine.insert(entry.table, entry.row);
      if (!('record' in entry)) continue;
      if (entry.kind !== batch.kind || batch.records.length === BATCH) {
        await flush();
        batch = { kind: entry.kind, records: [] };
      }
      batch.records.push(endSessions(entry.kind, entry.record, source.newest));
    }
    await flush();
  } finally {
    await engine.close();
  }
}

async function endServerSecrets(meta: MetaStore, newest: number): Promise<void> {
  if (newest === 0) return;
  const before = await meta.get(META.serverSecretGeneration);
  const generation = Math.max(Number(before ?? FIRST_GENERATION), newest);
  if (!(await meta.compareAndSet(META.serverSecretGeneration, before, String(generation))))
    throw new TypeError('the generation of the server secret was not written');
}

/**
 * The record with every epoch and generation that ends tokens moved; those of app tokens stay, which clients
 * carry.
 */
function endSessions(kind: RecordKind, record: unknown, newest: number): unknown {
  if (newest === 0) return record;
  if (kind === 'user') {
    const user = record as User;
    return { ...user, epoch: Math.max(user.epoch, newest) } satisfies User;
  }
  if (kind === 'operator') {
    const operator = record as Operator;
    return { ...operator, epoch: Math.max(operator.epoch, newest) } satisfies Operator;
  }
  if (kind === 'app') {
    const app = record as App;
    return { ...app, superUserMoves: Math.max(app.superUserMoves ?? 0, newest) } satisfies App;
  }
  return record;
}

async function requireEmptyDatabase(engine: Engine): Promise<void> {
  for (const table of Object.keys(TABLES) as TableName[]) {
    const [row] = await engine.list(table, table === 'apps' ? { appId: HOST_SCOPE } : {}, {
      order: 'id',
      limit: 1,
    });
    if (row)
      throw new SetupError(
        EXIT.cannotWrite,
        `The database is not empty (${table}): restore into a new one, named by DB_CONN_STRING.`,
      );
  }
}

async function insertAll(store: Store, kind: RecordKind, records: unknown[]): Promise<void> {
  // What a backup holds was read from the store by the same version or an older one.
  const rows = records as never[];
  if (kind === 'user') await store.users.insertMany(rows);
  else if (kind === 'signup') await store.signups.insertMany(rows);
  else if (kind === 'invite') await store.invites.insertMany(rows);
  else if (kind === 'template') await store.templates.insertMany(rows);
  else if (kind === 'activity') await store.activity.insertMany(rows);
  else if (kind === 'figure') await store.figures.add(rows);
  else if (kind === 'operator') await store.operators.insertMany(rows);
  else if (kind === 'operatorSession') await store.operatorSessions.insertMany(rows);
  else if (kind === 'managedHost') await store.managedHosts.insertMany(rows);
  else if (kind === 'audit') await store.audit.insertMany(rows);
  else if (kind === 'job') for (const row of rows) await store.jobs.insert(row);
  else if (kind === 'asset') for (const row of rows) await store.assets.insert(row);
  else if (kind === 'app') for (const row of rows) await store.apps.insert(row);
  else for (const row of rows) await store.messages.insert(row);
}
