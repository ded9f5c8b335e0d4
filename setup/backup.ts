import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildConfig } from '../server/config.ts';
import type { Config } from '../server/model/config.ts';
import { openEngine } from '../server/open-engine.ts';
import { META } from '../server/ports/store/meta.ts';
import { systemClock } from '../server/security/clock.ts';
import type { Engine, Row, TableName } from '../server/store/engine.ts';
import { type AllRecords, openAllRecords, type RecordKind } from './all-records.ts';
import { askBackupPass } from './ask.ts';
import { writeBackupFile } from './backup-file.ts';
import { readBackupPass } from './backup-pass.ts';
import { type Command, existingAnswers } from './command.ts';
import { EXIT, SetupError } from './exit.ts';
import { readHostEnvFile } from './host-env.ts';
import { listDamaged } from './records-check.ts';

/** One line of a backup. Records are as the domain sees them; the file as a whole is encrypted. */
export type BackupEntry =
  | { kind: 'settings'; settings: Record<string, string> }
  | { kind: 'file'; path: string; mode: number; content: string }
  | { kind: 'meta'; name: string; value: string }
  | { kind: RecordKind; record: unknown }
  /** A row that does not open, as it stands. */
  | { kind: 'damaged'; table: TableName; row: Row }
  | { kind: 'counter'; key: string; row: Parameters<Engine['counterPut']>[1] }
  | { kind: 'end'; entries: number };

/** `--backup FILE`: keys, settings, own templates and every record, while the host runs. */
export const backUp: Command = async ({ options, terminal }) => {
  const file = options.backup ?? '';
  if (existsSync(file))
    throw new SetupError(EXIT.cannotWrite, `${file} exists; a backup never overwrites anything.`);
  const { texts, env } = existingAnswers(options);
  const config = buildConfig(texts, { production: false });
  const passPhrase = readBackupPass(env) ?? (await askBackupPass(terminal, 'Pass phrase of the backup'));
  let entries = 0;
  const source = await openSource(config);
  try {
    const counted = (async function* () {
      for await (const entry of contents(config, source)) {
        entries++;
        yield entry;
      }
      yield { kind: 'end', entries } satisfies BackupEntry;
    })();
    await terminal.progress(
      'Writing the backup',
      writeBackupFile(file, passPhrase, counted, systemClock.now()),
    );
  } finally {
    await source.close();
  }
  const { damaged } = source.records;
  if (damaged.length > 0) terminal.line(`${listDamaged(damaged)}; the backup holds them as they are.`);
  terminal.line(
    `${file}: ${entries} entries, ${(statSync(file).size / 1e6).toFixed(1)} MB. npx setup --verify-backup ${file} reads it through.`,
  );
  return EXIT.done;
};

interface Source {
  engine: Engine;
  records: AllRecords;
  close(): Promise<void>;
}

/** The embedded database is copied first, so that the backup shows one moment; MongoDB is read record by record. */
async function openSource(config: Config): Promise<Source> {
  let { database } = config;
  let folder: string | undefined;
  if (database.kind === 'sqlite') {
    if (!existsSync(database.file))
      throw new SetupError(EXIT.configuration, `There is no database at ${database.file} yet.`);
    const { snapshotSqlite } = await import('../server/store/sqlite/snapshot.ts');
    folder = mkdtempSync(join(config.dataDir, '.backup-'));
    const copy = join(folder, 'host.db');
    await snapshotSqlite(database.file, copy);
    database = { kind: 'sqlite', file: copy };
  }
  const remove = () => folder && rmSync(folder, { recursive: true, force: true });
  try {
    const engine = await openEngine({ database, databaseWaitSeconds: config.databaseWaitSeconds });
    const records = await openAllRecords(engine, config);
    return {
      engine,
      records,
      async close() {
        await engine.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

async function* contents(config: Config, { engine, records }: Source): AsyncIterable<BackupEntry> {
  yield { kind: 'settings', settings: settingsOf(config) };
  yield fileEntry(config.privateKeyFile, 'keys/privatekey.pem');
  yield fileEntry(config.publicKeyFile, 'keys/publickey.pem');
  const templates = join(config.dataDir, 'templates');
  if (existsSync(templates)) {
    for (const entry of readdirSync(templates, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) yield fileEntry(path, relative(config.dataDir, path));
    }
  }
  for (const name of Object.values(META)) {
    const value = await engine.metaGet(name);
    if (value !== undefined) yield { kind: 'meta', name, value };
  }
  yield* records.read();
  for (const { table, appId, id } of records.damaged) {
    const row = await engine.findWhole(table, appId, id);
    if (row) yield { kind: 'damaged', table, row };
  }
  for (let after = ''; ; ) {
    const rows = await engine.counterPage(after, 500);
    for (const { key, row } of rows) yield { kind: 'counter', key, row };
    const last = rows.at(-1);
    if (!last) return;
    after = last.key;
  }
}

function fileEntry(path: string, name: string): BackupEntry {
  return {
    kind: 'file',
    path: name,
    mode: statSync(path).mode & 0o777,
    content: readFileSync(path).toString('base64'),
  };
}

/**
 * The lines of `host.env`, with the two secrets that open everything, wherever they are kept. Where files lie is the restorer's business.
 */
function settingsOf(config: Config): Record<string, string> {
  const {
    PASS_KEY_FILE: _,
    ENCRYPT_KEY_FILE: __,
    PRIVATE_KEY_FILE: ___,
    PUBLIC_KEY_FILE: ____,
    ...lines
  } = readHostEnvFile(config.dataDir);
  return { ...lines, PASS_KEY: config.passKey, ENCRYPT_KEY: config.encryptKey };
}
