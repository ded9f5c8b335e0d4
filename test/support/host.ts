import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lazyPortal } from '../../portal/lazy.ts';
import { buildConfig } from '../../server/config/load.ts';
import { type ConnectionLimits, connectionLimits } from '../../server/http/connections.ts';
import { createApp as createKoaApp } from '../../server/http/koa.ts';
import { createHostServer } from '../../server/http/listener.ts';
import type { Route } from '../../server/http/route.ts';
import { createLogger } from '../../server/log/logger.ts';
import type { App } from '../../server/model/app.ts';
import type { Config } from '../../server/model/config.ts';
import type { User } from '../../server/model/user.ts';
import type { Deps } from '../../server/ports/deps.ts';
import { buildDeps } from '../../server/wiring.ts';
import { CheckedAnswers } from './checked-answers.ts';
import { FakeClock } from './clock.ts';
import { type Answer, type RequestOptions, send } from './http-client.ts';
import { insertApp, insertUser } from './insert.ts';
import { type OutboxLine, readOutbox } from './outbox.ts';
import { until } from './until.ts';

export { type Answer, type RequestOptions, send } from './http-client.ts';
export { PASSWORD } from './insert.ts';
export type { OutboxLine } from './outbox.ts';

const PASS_KEY = 'pass phrase of the tests';
const ENCRYPT_KEY = 'encrypt key of the tests';

export interface LogLine {
  level: string;
  msg: string;
  event?: string;
  [field: string]: unknown;
}

/**
 * A whole host in this process, whose every answer and refusal must be one that its route declares: real
 * adapters on a free loopback port, fake clock, cheap hashes, messages in an outbox file.
 */
export interface TestHost {
  readonly deps: Deps;
  readonly clock: FakeClock;
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  readonly serverSecret: string;
  /** Every line of the log so far. */
  readonly lines: LogLine[];
  /** The lines that are events. */
  readonly events: LogLine[];
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** A portal call with the server secret. */
  portal(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /**
   * An app straight in the store, with these settings over the defaults of a commercial app with signup flow
   * `code`.
   */
  createApp(settings?: Partial<App>): Promise<App>;
  /** A user straight in the store. `password`: what clients send, 32 hex digits. */
  createUser(app: App, settings?: Partial<User> & { password?: string }): Promise<User>;
  /** An access token as a log-in would issue it. */
  accessToken(app: App, user: User): Promise<string>;
  /** What was "sent" so far; waits until no message is queued any more. */
  outbox(): Promise<OutboxLine[]>;
  stop(): Promise<void>;
}

export interface TestHostOptions {
  store?: 'sqlite' | 'mongodb';
  /** Name or address of the database, with `store: 'mongodb'`. */
  mongoUrl?: string;
  config?: Partial<Config>;
  /** Default: what the machine allows, and any number of one address, which is everybody's here. */
  connections?: ConnectionLimits;
  /** Default: all routes of the host. */
  routes?: readonly Route[];
  /** Where the clock starts. */
  now?: number;
  /**
   * A folder that outlives the host, with the database in it; default: a new one, and the database in memory.
   */
  dataDir?: string;
}

/**
 * Makes the files of a data folder, a new one unless named: a key pair under the pass phrase of the tests.
 */
export function makeDataDir(dataDir = mkdtempSync(join(tmpdir(), 'auth-host-test-'))): {
  dataDir: string;
  settings: Record<string, string>;
} {
  const keys = join(dataDir, 'keys');
  if (!existsSync(keys)) {
    const { privateKey, publicKey } = hostKeyPair();
    mkdirSync(keys);
    writeFileSync(join(keys, 'privatekey.pem'), privateKey, { mode: 0o600 });
    writeFileSync(join(keys, 'publickey.pem'), publicKey);
  }
  return { dataDir, settings: { DATA_DIR: dataDir, PASS_KEY, ENCRYPT_KEY } };
}

let keyPair: { privateKey: string; publicKey: string } | undefined;
function hostKeyPair() {
  keyPair ??= generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: PASS_KEY },
  });
  return keyPair;
}

/** Starts a host; `stop` it after the test. */
export async function startTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  const { dataDir, settings } = makeDataDir(options.dataDir);
  const clock = new FakeClock(options.now);
  const lines: LogLine[] = [];
  const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const config: Config & { apiUrl: string } = {
    ...buildConfig(settings, { production: false }),
    ...databaseOf(options),
    port: 0,
    host: '127.0.0.1',
    passwordHashMemoryKib: 1024,
    passwordHashPasses: 1,
    shutdownSeconds: 1,
    addressLimitPerMinute: 0,
    recipientsPerAddressPerHour: 0,
    smsPerPrefixPerHour: 0,
    ...options.config,
  };
  const deps = await buildDeps(config, log, { clock });
  const routes = options.routes ?? (await import('../../server/http/routes/index.ts')).routes;
  const answers = new CheckedAnswers(routes);
  const portal = config.portal === 'on' ? lazyPortal(deps, () => app.callback()) : undefined;
  const app = createKoaApp(deps, answers.routes, log, { console: portal });
  const server = createHostServer(app, deps, options.connections ?? connectionLimits({ trustProxyHops: 1 }));
  await deps.begin();
  const port = await server.listen(0, '127.0.0.1');
  if (options.config?.apiUrl === undefined) config.apiUrl = `http://localhost:${port}`;
  const agent = new Agent({ keepAlive: true });
  const serverSecret = await deps.hostTokens.issueServerSecret({ name: 'test', generation: 1 });

  const request = async (method: string, path: string, input: RequestOptions = {}) => {
    const answer = await send({ agent, port, method, path, input });
    answers.refused(method, path, answer);
    answers.assert();
    return answer;
  };
  return {
    deps,
    clock,
    port,
    url: `http://127.0.0.1:${port}`,
    dataDir,
    serverSecret,
    lines,
    get events() {
      return lines.filter(({ event }) => event !== undefined);
    },
    request,
    portal: (method, path, input = {}) =>
      request(method, path, { ...input, headers: { 'server-secret': serverSecret, ...input.headers } }),
    createApp: (settings) => insertApp(deps, settings),
    createUser: (app, settings) => insertUser(deps, app, settings),
    accessToken: (app, user) =>
      deps.hostTokens.issueAccessToken({
        appId: app.id,
        handle: user.handle,
        userId: user.id,
        epoch: user.epoch,
      }),
    async outbox() {
      deps.wakeDelivery();
      const isEmpty = async () => (await deps.store.messages.count()) === 0;
      await until('every message is sent; one that was put off waits for the clock of the test', isEmpty, {
        everyMs: 5,
      });
      return readOutbox(dataDir);
    },
    async stop() {
      agent.destroy();
      await server.drain(0);
      await deps.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      answers.assert();
    },
  };
}

function databaseOf({ store, mongoUrl, dataDir }: TestHostOptions): Partial<Pick<Config, 'database'>> {
  if (store === 'mongodb') {
    if (!mongoUrl) throw new TypeError('a test host on MongoDB needs mongoUrl');
    return {
      database: { kind: 'mongodb', url: mongoUrl, name: new URL(mongoUrl).pathname.slice(1) || 'test' },
    };
  }
  return dataDir === undefined ? { database: { kind: 'sqlite', file: ':memory:' } } : {};
}
