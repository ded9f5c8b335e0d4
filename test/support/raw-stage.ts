import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe } from 'node:test';
import { MongoClient } from 'mongodb';
import { makeDataDir, startTestHost, type TestHost } from './host.ts';
import { type Mongod, mongodAvailable, NO_MONGOD, startMongod } from './mongod.ts';

export type RawDoc = Record<string, unknown>;
/** The database of a host, as somebody has it who can write it and holds no key. */
export interface RawDatabase {
  doc(table: string, id: string): Promise<RawDoc>;
  /** Puts any other document in place of a row's; a text stands for one that is none. */
  setDoc(table: string, id: string, doc: RawDoc | string): Promise<void>;
  /** Gives a row the unique key of another, which gets the row's in exchange. */
  swapKey(table: string, key: string, ids: readonly [string, string]): Promise<void>;
  dueAt(table: string, id: string): Promise<number | null>;
  meta(name: string): Promise<string | undefined>;
  setMeta(name: string, value: string | undefined): Promise<void>;
}

/** A host on a database that somebody else can reach too. */
export interface RawStage {
  readonly host: TestHost;
  readonly raw: RawDatabase;
  /** Settings by which another process finds the same database. */
  readonly env: Record<string, string>;
  /** Stops the host and starts it again. */
  restart(): Promise<void>;
}

/**
 * Describes promises twice, over SQLite on disk and over MongoDB; without a mongod the second half is
 * skipped, and says so.
 */
export function describeOverRawStores(name: string, define: (stage: () => RawStage) => void): void {
  for (const store of ['sqlite', 'mongodb'] as const) {
    const skip = store === 'mongodb' && !mongodAvailable() ? NO_MONGOD : false;
    describe(`${name}, on ${store}`, { skip, timeout: 120_000 }, () => {
      const { dataDir } = makeDataDir();
      let mongod: (Mongod & { stop(): Promise<void> }) | undefined;
      let opened: { raw: RawDatabase; close(): Promise<void> };
      let host: TestHost;
      let env: Record<string, string>;
      const start = async (now?: number) => {
        const mongoUrl = env.DB_CONN_STRING;
        host = await startTestHost({ dataDir, store, now, ...(mongoUrl !== undefined && { mongoUrl }) });
      };
      before(async () => {
        mongod = store === 'mongodb' ? await startMongod() : undefined;
        const database = `${name.replaceAll(/\W/g, '_').slice(0, 20)}_${process.pid}`;
        env = mongod ? { DB_CONN_STRING: mongod.url(database) } : {};
        await start();
        opened = await openRawDatabase(mongod?.url(database), join(dataDir, 'host.db'));
      });
      after(async () => {
        await host?.stop();
        await opened?.close();
        await mongod?.stop();
        rmSync(dataDir, { recursive: true, force: true });
      });
      define(() => ({
        host,
        raw: opened.raw,
        env,
        async restart() {
          const now = host.clock.now();
          await host.stop();
          await start(now);
        },
      }));
    });
  }
}

/** The MongoDB database of that address, else the embedded one in `file`. */
export async function openRawDatabase(
  url: string | undefined,
  file: string,
): Promise<{ raw: RawDatabase; close(): Promise<void> }> {
  return url === undefined ? rawSqlite(file) : rawMongo(url);
}

function rawSqlite(file: string): { raw: RawDatabase; close(): Promise<void> } {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  const column = (table: string, id: string, name: string) =>
    db.prepare(`SELECT ${name} FROM ${table} WHERE id = ?`).get(id)?.[name];
  return {
    raw: {
      async doc(table, id) {
        return JSON.parse(String(column(table, id, 'doc')));
      },
      async setDoc(table, id, doc) {
        const text = typeof doc === 'string' ? doc : JSON.stringify(doc);
        db.prepare(`UPDATE ${table} SET doc = ? WHERE id = ?`).run(text, id);
      },
      async swapKey(table, key, [one, other]) {
        const keys = [one, other].map((id) => String(column(table, id, `key_${key}`)));
        const set = db.prepare(`UPDATE ${table} SET key_${key} = ? WHERE id = ?`);
        set.run('moved', one);
        set.run(keys[0] ?? '', other);
        set.run(keys[1] ?? '', one);
      },
      async dueAt(table, id) {
        return column(table, id, 'dueAt') as number | null;
      },
      async meta(name) {
        return db.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value as string | undefined;
      },
      async setMeta(name, value) {
        if (value === undefined) db.prepare('DELETE FROM meta WHERE name = ?').run(name);
        else db.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)').run(name, value);
      },
    },
    close: async () => db.close(),
  };
}

async function rawMongo(url: string): Promise<{ raw: RawDatabase; close(): Promise<void> }> {
  const client = await new MongoClient(url).connect();
  const rows = (table: string) => client.db().collection<{ _id: string } & RawDoc>(table);
  const find = (table: string, id: string) => rows(table).findOne({ _id: id });
  return {
    raw: {
      doc: async (table, id) => (await find(table, id))?.doc as RawDoc,
      async setDoc(table, id, doc) {
        await rows(table).updateOne({ _id: id }, { $set: { doc } });
      },
      async swapKey(table, key, [one, other]) {
        const keyOf = async (id: string) => ((await find(table, id)) as { keys: RawDoc } | null)?.keys[key];
        const keys = [await keyOf(one), await keyOf(other)];
        const set = (id: string, value: unknown) =>
          rows(table).updateOne({ _id: id }, { $set: { [`keys.${key}`]: value } });
        await set(one, 'moved');
        await set(other, keys[0]);
        await set(one, keys[1]);
      },
      dueAt: async (table, id) => (await find(table, id))?.dueAt as number | null,
      meta: async (name) => (await find('meta', name))?.value as string | undefined,
      async setMeta(name, value) {
        if (value === undefined) await rows('meta').deleteOne({ _id: name });
        else await rows('meta').updateOne({ _id: name }, { $set: { value } }, { upsert: true });
      },
    },
    close: () => client.close(),
  };
}

/** A document with one character of its sealed text changed. */
export function rotten(doc: RawDoc): RawDoc {
  const sealed = String(doc.sealed);
  return { ...doc, sealed: `${sealed.slice(0, -6)}${sealed.at(-6) === 'A' ? 'B' : 'A'}${sealed.slice(-5)}` };
}
