import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildConfig } from '../../server/config/load.ts';
import type { Config } from '../../server/model/config.ts';
import { META } from '../../server/ports/store/meta.ts';
import { systemClock } from '../../server/security/clock.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import type { Engine, Row } from '../../server/store/engine.ts';
import type { TableName } from '../../server/store/tables.ts';
import { listDamaged } from '../checks/records-check.ts';
import { type Command, existingAnswers } from '../command.ts';
import { EXIT, SetupError } from '../exit.ts';
import {
  type AllRecords,
  type DamagedRow,
  openAllRecords,
  type RecordKind,
} from '../installation/all-records.ts';
import { readHostEnvFile } from '../installation/host-env.ts';
import { askBackupPass } from '../terminal/ask.ts';
import { readBackupPass } from '../terminal/backup-pass.ts';
import { type AssetFileEntry, assetFiles, countAssetFiles } from './asset-files.ts';
import { type BackupTarget, beginBackupFile, removeRemains } from './backup-file.ts';
import { copyDatabase, type DatabaseCopy } from './database-copy.ts';

/** One line of a backup. Records are as the domain sees them; the file as a whole is encrypted. */
export type BackupEntry =
  | { kind: 'settings'; settings: Record<string, string> }
  | { kind: 'file'; path: string; mode: number; content: string }
  | { kind: 'meta'; name: string; value: string }
  | { kind: RecordKind; record: unknown }
  /** A row that does not open, as it stands. */
  | { kind: 'damaged'; table: TableName; row: Row }
  | { kind: 'counter'; key: string; row: Parameters<Engine['counterPut']>[1] }
  | AssetFileEntry
  | { kind: 'end'; entries: number };

/** `--backup FILE`: keys, settings, own templates and every record, while the host runs. */
export const backUp: Command = async ({ options, terminal }) => {
  const file = options.backup ?? '';
  if (existsSync(file))
    throw new SetupError(EXIT.cannotWrite, `${file} exists; a backup never overwrites anything.`);
  const { texts, env } = existingAnswers(options);
  const config = buildConfig(texts, { production: false });
  const passPhrase =
    readBackupPass(env) ?? (await askBackupPass(terminal, 'Pass phrase of the backup', { isNew: true }));
  let target: BackupTarget | undefined;
  let copy: DatabaseCopy | undefined;
  const removeTraces = () => {
    target?.discard();
    copy?.remove();
  };
  // Before anything is there: the file may exist before it is known here.
  const forget = onInterruption(() => {
    removeTraces();
    removeRemains(file);
  });
  try {
    const begun = await beginBackupFile(file);
    target = begun;
    copy = await terminal.progress('Copying the database', copyDatabase(config));
    const { entries, damaged } = await terminal.progress(
      'Writing the backup',
      writeEverything(config, copy.database, { withAssets: options['with-assets'] === true }, (counted) =>
        begun.write(passPhrase, counted, systemClock.now()),
      ),
    );
    // The backup is good without the note: the database may be one that cannot be written any more.
    await noteBackup(config, systemClock.now()).catch(() => undefined);
    if (damaged.length > 0) terminal.line(`${listDamaged(damaged)}; the backup holds them as they are.`);
    const local = countAssetFiles(config.dataDir);
    if (local.files > 0) terminal.line(toldOfFiles(local, options['with-assets'] === true));
    terminal.line(
      `${file}: ${entries} entries, ${(statSync(file).size / 1e6).toFixed(1)} MB. npx setup --verify-backup ${file} reads it through.`,
    );
    return EXIT.done;
  } finally {
    removeTraces();
    forget();
  }
};

function toldOfFiles({ files, bytes }: { files: number; bytes: number }, areIn: boolean): string {
  const what = `Local files of users (${files}, ${(bytes / 1e6).toFixed(1)} MB)`;
  return areIn ? `${what} are in it.` : `${what} are NOT in it: --with-assets takes them too.`;
}

/** For whoever asks the running host how old its newest backup is. */
async function noteBackup(config: Config, now: number): Promise<void> {
  const { database, databaseWaitSeconds } = config;
  const engine = await openEngine({ database, databaseWaitSeconds });
  try {
    const before = await engine.metaGet(META.lastBackupAt);
    await engine.metaCompareAndSet(META.lastBackupAt, before, String(now));
  } finally {
    await engine.close();
  }
}

/** Ctrl-C and a stopped service leave nothing behind either. */
function onInterruption(removeTraces: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = () => {
    removeTraces();
    process.exit(EXIT.cancelled);
  };
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** Hands every entry to `write`, the count of them last. Answers it, and the rows that do not open. */
async function writeEverything(
  config: Config,
  database: Config['database'],
  { withAssets }: { withAssets: boolean },
  write: (entries: AsyncIterable<BackupEntry>) => Promise<void>,
): Promise<{ entries: number; damaged: readonly DamagedRow[] }> {
  const engine = await openEngine({ database, databaseWaitSeconds: config.databaseWaitSeconds });
  try {
    const records = await openAllRecords(engine, config);
    let entries = 0;
    async function* counted(): AsyncIterable<BackupEntry> {
      for await (const entry of contents(config, engine, records)) {
        entries++;
        yield entry;
      }
      // After the records: what they tell of was there before them.
      if (withAssets) {
        for await (const entry of assetFiles(config.dataDir)) {
          entries++;
          yield entry;
        }
      }
      yield { kind: 'end', entries };
    }
    await write(counted());
    return { entries, damaged: records.damaged };
  } finally {
    await engine.close();
  }
}

async function* contents(config: Config, engine: Engine, records: AllRecords): AsyncIterable<BackupEntry> {
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
 * The lines of `host.env`, with the two secrets that open everything, wherever they are kept. Where files lie
 * is the restorer's business.
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
