/**
 * What the machine can do without a host: the limit each scenario is compared with. A process of its own that
 * takes messages.
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import Koa from 'koa';
import { argon2Hash } from '../../server/security/argon2.ts';
import { PASSWORD } from '../support/insert.ts';
import { aRowId } from '../support/records.ts';

export type LimitName = 'hash and two signatures' | 'bcrypt and hash' | 'rsa verify' | 'durable insert';
export type LimitRequest = { limit: LimitName; seconds: number; width: number; bcrypt: string } | 'koa';
export interface LimitSeen {
  count: number;
  seconds: number;
  cpuSeconds: number;
}

const signAsync = promisify(sign);
/** As the host's defaults. */
const COST = { memoryKib: 19_456, passes: 2 };

process.on('message', async (request: LimitRequest) => {
  process.send?.(request === 'koa' ? await listen() : await measure(request));
});

/** A bare Koa that answers one JSON object; its port. */
function listen(): Promise<number> {
  const app = new Koa();
  app.use((ctx) => {
    ctx.body = { status: 'active', handle: 'ada@example.com', locale: 'EN' };
  });
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

/** `width` callers, each starting anew as soon as it was answered. */
async function measure({ limit, seconds, width, bcrypt }: Exclude<LimitRequest, 'koa'>): Promise<LimitSeen> {
  const { run, close } = prepare(limit, bcrypt);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  let count = 0;
  const caller = async () => {
    while (performance.now() - start < seconds * 1_000) {
      await run();
      count++;
    }
  };
  await Promise.all(Array.from({ length: width }, caller));
  const { user, system } = process.cpuUsage(cpuBefore);
  const elapsed = (performance.now() - start) / 1_000;
  close();
  return { count, seconds: elapsed, cpuSeconds: (user + system) / 1e6 };
}

function prepare(limit: LimitName, bcrypt: string): { run: () => unknown; close: () => void } {
  switch (limit) {
    case 'hash and two signatures':
      return hashAndSignatures();
    case 'bcrypt and hash':
      return {
        run: async () => (await verifyBcrypt(PASSWORD, bcrypt)) && argon2Hash(PASSWORD, COST),
        close: () => {},
      };
    case 'rsa verify':
      return rsaVerification();
    case 'durable insert':
      return durableInsert();
  }
}

/** What a log-in is made of: a password, the host's token and the app's. */
function hashAndSignatures() {
  const keys = [3_072, 2_048].map(
    (modulusLength) => generateKeyPairSync('rsa', { modulusLength }).privateKey,
  );
  const text = Buffer.alloc(300, 'x');
  return {
    async run() {
      await argon2Hash(PASSWORD, COST);
      await Promise.all(keys.map((key) => signAsync('sha256', text, key)));
    },
    close: () => {},
  };
}

function rsaVerification() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3_072 });
  const text = Buffer.alloc(300, 'x');
  const signature = sign('sha256', text, privateKey);
  return { run: () => verify('sha256', text, publicKey, signature), close: () => {} };
}

function durableInsert() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-insert-'));
  const db = new DatabaseSync(join(folder, 'raw.db'));
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id TEXT PRIMARY KEY, doc TEXT)',
  );
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
  const doc = 'x'.repeat(500);
  return {
    run: () => insert.run(aRowId(), doc),
    close() {
      db.close();
      rmSync(folder, { recursive: true });
    },
  };
}
