import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MongoClient } from 'mongodb';
import { checkClock } from '../../server/checks/machine-check.ts';
import { buildConfig } from '../../server/config/load.ts';
import { openEngine } from '../../server/start/open-engine.ts';
import { checkMongo, mongoClockSkewMs, mongoHoldsData } from '../../server/store/mongodb/check.ts';
import type { MongoStep } from '../../server/store/mongodb/failures.ts';
import { checkDatabase } from '../../setup/checks/database-check.ts';
import { freePort } from '../support/free-port.ts';
import { listenOnLoopback } from '../support/listen.ts';
import { findBinary, launch, NO_OWN_MONGOD, ownMongodAvailable } from '../support/mongod.ts';

const PASSWORD = 'canaryword';
const servers: ChildProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'mongodb-failures-'));
after(async () => {
  for (const server of servers) {
    const gone = once(server, 'exit');
    server.ref();
    server.kill('SIGKILL');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A mongod in some state of its own; answers its port. */
async function start(mode: readonly string[]): Promise<number> {
  const port = await freePort();
  servers.push(await launch(await findBinary(), mkdtempSync(join(folder, 'data-')), port, mode));
  return port;
}

interface Case {
  url: string;
  step: MongoStep;
  reason: RegExp;
  repair: RegExp;
  database?: string;
}
/**
 * Setup tells the cause, and so does a host that starts, with the right exit code; neither shows the
 * password.
 */
async function assertExplained({ url, step, reason, repair, database = 'auth' }: Case): Promise<void> {
  const where = { database: { kind: 'mongodb', url, name: database } } as const;
  const opening = openEngine({ ...where, databaseWaitSeconds: 0 }).then(
    () => assert.fail(`${url} was opened`),
    (error: Error & { exitCode?: number; problems?: unknown[] }) => error,
  );
  const [line, refusal] = await Promise.all([checkDatabase(where), opening]);
  const [told, mended = ''] = line.detail.split(' → ');
  assert.equal(line.ok, false);
  assert.match(told ?? '', new RegExp(`^${step}: .*${reason.source}`));
  assert.match(mended, repair);

  const problems = JSON.stringify(refusal.problems);
  assert.equal(refusal.exitCode, step === 'string' || step === 'name' ? 78 : 69, problems);
  assert.match(problems, reason);
  assert.ok(!`${line.detail}${problems}`.includes(PASSWORD));
}

describe('a connection string that cannot work', { concurrency: true, timeout: 60_000 }, () => {
  it('that the driver does not understand is 78', async () => {
    const url = `mongodb://u:${PASSWORD}@127.0.0.1/auth?colour=blue`;
    await assertExplained({ url, step: 'string', reason: /option colour is not supported/, repair: /Atlas/ });
  });

  it('to a port where nothing listens names it', async () => {
    const url = `mongodb://u:${PASSWORD}@127.0.0.1:1/auth`;
    await assertExplained({
      url,
      step: 'unreachable',
      reason: /nothing listens at 127.0.0.1:1/,
      repair: /start/,
    });
  });

  it('to a server that never answers speaks of the access list', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}));
    const { port } = await listenOnLoopback(silent);
    silent.unref();
    const url = `mongodb://u:${PASSWORD}@127.0.0.1:${port}/auth`;
    await assertExplained({
      url,
      step: 'unreachable',
      reason: /no server answered/,
      repair: /IP Access List/,
    });
    silent.close();
  });

  it('with a name that nobody knows names it', async () => {
    for (const scheme of ['mongodb', 'mongodb+srv']) {
      const url = `${scheme}://u:${PASSWORD}@cluster.invalid/auth`;
      await assertExplained({
        url,
        step: 'dns',
        reason: /cluster\.invalid was not found/,
        repair: /SRV record/,
      });
    }
  });
});

describe('a MongoDB that', { skip: ownMongodAvailable() ? false : NO_OWN_MONGOD, timeout: 180_000 }, () => {
  it('was never initiated as a replica set is called so, with the command that mends it', async () => {
    const port = await start(['--replSet', 'rs7']);
    const address = `127.0.0.1:${port}`;
    const repair = new RegExp(`mongosh .*${address}.*rs\\.initiate\\(.*host: "${address}"`);
    const urls = ['?replicaSet=rs7', ''].map((options) => `mongodb://${address}/auth${options}`);
    const uninitiated = { step: 'replica set', reason: /never initiated/, repair } as const;
    await Promise.all(urls.map((url) => assertExplained({ ...uninitiated, url })));
    const direct = `mongodb://${address}/auth?directConnection=true`;
    await assertExplained({ url: direct, step: 'replica set', reason: /no primary/, repair: /rs\.status/ });

    const client = new MongoClient(`mongodb://${address}/?directConnection=true`);
    const members = [{ _id: 0, host: address }];
    await client.db('admin').command({ replSetInitiate: { _id: 'rs7', members } });
    await assertExplained({
      url: `mongodb://${address}/auth?replicaSet=other`,
      step: 'replica set',
      reason: /no member of a replica set called other/,
      repair: /correct replicaSet/,
    });
    await client.close();
  });

  describe('wants a log-in', () => {
    let port: number;
    const url = (user: string, rest: string) => `mongodb://${user}127.0.0.1:${port}${rest}`;
    before(async () => {
      port = await start(['--auth']);
      const first = new MongoClient(`mongodb://127.0.0.1:${port}/`);
      await first.db('admin').command({ createUser: 'root', pwd: PASSWORD, roles: ['root'] });
      await first.close();
      const root = new MongoClient(url(`root:${PASSWORD}@`, '/?authSource=admin'));
      const reader = [{ role: 'read', db: 'auth' }];
      await root.db('admin').command({ createUser: 'reader', pwd: PASSWORD, roles: reader });
      await root.db('COSYNC_AUTH').collection('others').insertOne({});
      await root.close();
    });

    it('says so to a string without a user', async () => {
      await assertExplained({
        url: url('', '/auth'),
        step: 'login',
        reason: /names no user/,
        repair: /user:password@/,
      });
    });

    it('refuses a wrong password, and a right one looked up in another database', async () => {
      const wrong = url('root:wrong@', '/auth?authSource=admin');
      await assertExplained({
        url: wrong,
        step: 'login',
        reason: /refused user name or password/,
        repair: /check both/,
      });
      const elsewhere = url(`root:${PASSWORD}@`, '/auth');
      await assertExplained({ url: elsewhere, step: 'login', reason: /refused/, repair: /authSource=admin/ });
    });

    it('names the right that a user lacks', async () => {
      const reader = url(`reader:${PASSWORD}@`, '/auth?authSource=admin');
      await assertExplained({
        url: reader,
        step: 'permission',
        reason: /has no right to /,
        repair: /readWrite/,
      });
      const found = await checkMongo(reader, 'auth');
      assert.match(found.ok ? '' : found.reason, /no right to create a collection and a unique index/);
    });

    it('has the database in other letters already', async () => {
      await assertExplained({
        url: url(`root:${PASSWORD}@`, '/cosync_auth?authSource=admin'),
        database: 'cosync_auth',
        step: 'name',
        reason: /has the database COSYNC_AUTH/,
        repair: /exactly/,
      });
    });

    it('is used as the host will use it, nothing left behind, by a user with readWrite', async () => {
      const root = new MongoClient(url(`root:${PASSWORD}@`, '/?authSource=admin'));
      const roles = [{ role: 'readWrite', db: 'auth' }];
      await root.db('admin').command({ createUser: 'host', pwd: PASSWORD, roles });
      const right = url(`host:${PASSWORD}@`, '/auth?authSource=admin');
      assert.equal((await checkMongo(right, 'auth')).ok, true);
      assert.deepEqual(await root.db('auth').listCollections().toArray(), []);
      assert.equal(await mongoHoldsData(right, 'auth'), false);
      await root.close();
    });

    it('tells its clock, and one that is away from it fails the check', async () => {
      const right = url(`root:${PASSWORD}@`, '/auth?authSource=admin');
      const ahead = await mongoClockSkewMs(right, () => 1_000);
      assert.ok(ahead > 1_700_000_000_000);
      const settings = { PASS_KEY: 'pass phrase of the tests', ENCRYPT_KEY: 'encrypt key of the tests' };
      const config = buildConfig(
        { ...settings, DB_CONN_STRING: right },
        { production: false, keysExpected: false },
      );
      assert.deepEqual((await checkClock(config, () => 1_000)).ok, false);
      assert.equal((await checkClock(config)).ok, true);
      const away = {
        ...config,
        database: { kind: 'mongodb', url: 'mongodb://127.0.0.1:1/x', name: 'x' },
      } as const;
      assert.match((await checkClock(away)).detail, /did not tell its time/);
    });
  });

  it('speaks TLS, or does not, is told from one that is away', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
    execFileSync('openssl', ['req', ...options, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const both = join(folder, 'both.pem');
    writeFileSync(both, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'));
    const secure = await start(['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', both]);
    const plain = await start([]);
    const cases: Omit<Case, 'step'>[] = [
      {
        url: `mongodb://127.0.0.1:${plain}/auth?tls=true`,
        reason: /asks for TLS, and the server does not speak it/,
        repair: /leave tls=true/,
      },
      {
        url: `mongodb://127.0.0.1:${secure}/auth`,
        reason: /closed the connection at once/,
        repair: /add tls=true/,
      },
      {
        url: `mongodb://127.0.0.1:${secure}/auth?tls=true`,
        reason: /nobody this machine trusts/,
        repair: /tlsCAFile=/,
      },
      {
        url: `mongodb://localhost:${secure}/auth?tls=true&tlsCAFile=${cert}`,
        reason: /another name/,
        repair: /name that stands in the certificate/,
      },
    ];
    await Promise.all(cases.map((one) => assertExplained({ ...one, step: 'tls' })));
    assert.equal(
      (await checkMongo(`mongodb://127.0.0.1:${secure}/auth?tls=true&tlsCAFile=${cert}`, 'auth')).ok,
      true,
    );
  });
});
