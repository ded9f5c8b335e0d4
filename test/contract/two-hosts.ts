import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type Answer, type LogLine, makeDataDir, type RequestOptions, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { KeepAlive } from '../support/keep-alive.ts';
import { readOutbox } from '../support/outbox.ts';

/** An app as the portal made it. */
export interface MadeApp {
  appId: string;
  appToken: string;
}

/** Two processes of `server/start.mjs` on one store and one outbox; nothing else is shared. */
export interface TwoHosts {
  readonly processes: readonly [HostProcess, HostProcess];
  /** The settings both were started with. */
  readonly settings: Readonly<Record<string, string>>;
  /** One request to the first or second of them, by the parity of `which`. */
  call(which: number, method: string, path: string, input?: RequestOptions): Promise<Answer>;
  /** A user route as JSON with the app's token, or with this access token. */
  post(which: number, app: MadeApp, route: string, json: unknown, accessToken?: string): Promise<Answer>;
  portal(method: string, path: string, json?: unknown): Promise<Answer>;
  /** An app with these settings, known to both. */
  makeApp(settings: Record<string, unknown>): Promise<MadeApp>;
  /** The newest code or link sent to that address. */
  sent(to: string): { code: string; link: string };
  /** The log lines of both since the last `forget`. */
  lines(): LogLine[];
  forget(): void;
  stop(): Promise<void>;
}

/** Budgets that would end a test with many rounds on one clock. */
const NO_BUDGETS = {
  CODES_PER_HOUR: '100000',
  CODES_PER_DAY: '1000000',
  MAILS_PER_APP_PER_HOUR: '0',
  SMS_PER_APP_PER_HOUR: '0',
  SMS_PER_PREFIX_PER_HOUR: '0',
  INVITES_PER_USER_PER_DAY: '0',
  SECOND_FACTOR_TRIES_PER_DAY: '100000',
};

export async function startTwoHosts(env: Record<string, string> = {}): Promise<TwoHosts> {
  const { dataDir, settings } = makeDataDir();
  const first = startHostProcess({ dataDir, env: { ...NO_BUDGETS, ...env } });
  const ports = [await first.listening];
  const second = startHostProcess({ dataDir, env: { ...NO_BUDGETS, ...env } });
  ports.push(await second.listening);
  const serverSecret = await serverSecretOf(dataDir);
  const agents = [0, 1].map(() => new KeepAlive());
  const call: TwoHosts['call'] = (which, method, path, input) => {
    const index = which % 2;
    return send({ agent: agents[index], port: Number(ports[index]), method, path, input });
  };
  const portal: TwoHosts['portal'] = (method, path, json) =>
    call(0, method, path, { headers: { 'server-secret': serverSecret }, json });

  return {
    processes: [first, second],
    settings: { ...settings, ...env },
    call,
    portal,
    post(which, app, route, json, accessToken) {
      const headers: Record<string, string> = accessToken
        ? { 'access-token': accessToken }
        : { 'app-token': app.appToken };
      return call(which, 'POST', `/api/appuser/${route}`, { headers, json });
    },
    async makeApp(settings) {
      const made = await portal('POST', '/api/app', { name: `App ${randomBytes(4).toString('hex')}` });
      const { appId, appToken } = made.body;
      for (const [setting, value] of Object.entries(settings)) {
        const json = { appId, setting, ...(typeof value === 'object' ? value : { [setting]: value }) };
        const answer = await portal('POST', '/api/app/updateAppSetting', json);
        if (answer.status !== 200) throw new Error(`${setting}: ${answer.text}`);
      }
      return { appId, appToken };
    },
    sent(to) {
      const last = readOutbox(dataDir).findLast((line) => line.to === to && (line.code || line.link));
      if (!last) throw new Error(`nothing was sent to ${to}`);
      return { code: last.code ?? '', link: last.link ?? '' };
    },
    lines: () => [...first.lines, ...second.lines],
    forget() {
      first.lines.length = 0;
      second.lines.length = 0;
    },
    async stop() {
      for (const agent of agents) agent.destroy();
      await Promise.all([first.stop(), second.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What clients send in place of a password nobody chose before. */
export function newPassword(): string {
  return createHash('md5').update(randomBytes(16)).digest('hex');
}

/** An address nobody had before. */
export function newHandle(): string {
  return `${randomBytes(6).toString('hex')}@example.com`;
}
