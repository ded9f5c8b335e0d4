import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { type Answer, type RequestOptions, send } from '../support/http-client.ts';
import { type ReadMail, readMail } from '../support/mailbox.ts';
import { type ProviderServer, startSendGrid, startTwilio } from '../support/provider-servers.ts';
import { type ClientKind, ShippedClient } from '../support/shipped-clients.ts';
import { type SmtpServer, startSmtpServer } from '../support/smtp-server.ts';
import { setUpByGuide } from './set-up.ts';

/** An app as the portal made it. */
export interface MadeApp {
  appId: string;
  appToken: string;
  /** Base64 of the PEM. */
  appPublicKey: string;
  issuer: string;
}

export interface TextMessage {
  to: string;
  from: string;
  body: string;
  /** SID of the Twilio account that was charged, and the log-in used. */
  account: string;
  login: string;
}

const PATIENCE_MS = 20_000;
export const SMTP_LOGIN = 'mailer@host.example:sm/tp p@ss';

/** A host as a process of its own between real peers: an SMTP server, SendGrid, Twilio and a portal. */
export interface Stage {
  readonly process: HostProcess;
  readonly url: string;
  readonly port: number;
  readonly smtp: SmtpServer;
  readonly sendGrid: ProviderServer;
  readonly serverSecret: string;
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** A portal call that must succeed; answers the body. */
  portal(method: string, path: string, json?: unknown): Promise<Answer['body']>;
  /** An app with settings by their name in `updateAppSetting`; a setting of several values is an object. */
  makeApp(name: string, settings?: Record<string, unknown>): Promise<MadeApp>;
  set(app: { appId: string }, setting: string, values: Record<string, unknown>): Promise<void>;
  install(kind: ClientKind, app: { appToken: string }): ShippedClient;
  /** The next mail to that address nobody has read yet; waits for it. */
  mailTo(address: string, subject?: RegExp): Promise<ReadMail>;
  /** The next text message to that number nobody has read yet; waits for it. */
  textTo(number: string): Promise<TextMessage>;
  stop(): Promise<void>;
}

/**
 * Starts host and peers; mail goes by SMTP unless `env` says otherwise. `byGuide`: the host is set up as the
 * guide says, with a key pair of its own and everything in `host.env`.
 */
export async function startStage(
  env: Record<string, string> = {},
  { byGuide = false }: { byGuide?: boolean } = {},
): Promise<Stage> {
  const [smtp, sendGrid, twilio] = await Promise.all([startSmtpServer(), startSendGrid(), startTwilio()]);
  const login = SMTP_LOGIN.split(':').map(encodeURIComponent).join(':');
  const settings = {
    ...(env.SEND_GRID_API_KEY === undefined && { SMTP_URL: `smtp://${login}@127.0.0.1:${smtp.port}` }),
    SEND_GRID_URL: sendGrid.url,
    TWILIO_URL: twilio.url,
    ...env,
  };
  const stopPeers = () => Promise.all([smtp.stop(), sendGrid.stop(), twilio.stop()]);
  const { host, port, serverSecret } = await startHost(settings, byGuide).catch(async (error) => {
    await stopPeers();
    throw error;
  });
  const url = `http://localhost:${port}`;
  const unreadMails = new Set<ReadMail>();
  const unreadTexts = new Set<TextMessage>();
  let mails = 0;
  let texts = 0;
  const collect = () => {
    for (; mails < smtp.mails.length; mails++) {
      const mail = smtp.mails[mails];
      if (mail) unreadMails.add(readMail(mail));
    }
    for (; texts < twilio.requests.length; texts++) {
      const request = twilio.requests[texts];
      if (request) unreadTexts.add(textOf(request));
    }
  };
  /** Takes the first that matches; rejects when none has come for a time that no delivery needs. */
  async function take<T>(what: string, unread: Set<T>, matches: (item: T) => boolean): Promise<T> {
    for (const until = performance.now() + PATIENCE_MS; performance.now() < until; await pause(10)) {
      collect();
      const found = [...unread].find(matches);
      if (found) {
        unread.delete(found);
        return found;
      }
    }
    throw new Error(`nothing came to ${what}`);
  }

  const stage: Stage = {
    process: host,
    url,
    port,
    smtp,
    sendGrid,
    serverSecret,
    request: (method, path, input) => send({ port, method, path, input }),
    async portal(method, path, json) {
      const headers = { 'server-secret': serverSecret };
      const answer = await stage.request(method, path, { headers, json });
      assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
      return answer.body;
    },
    async makeApp(name, settings = {}) {
      const { appId, appToken, appPublicKey } = await stage.portal('POST', '/api/app', { name });
      const app = { appId, appToken, appPublicKey, issuer: `${url}/apps/${appId}` };
      for (const [setting, value] of Object.entries(settings)) {
        const values = typeof value === 'object' && value !== null ? value : { [setting]: value };
        await stage.set(app, setting, { ...values });
      }
      return app;
    },
    async set({ appId }, setting, values) {
      await stage.portal('POST', '/api/app/updateAppSetting', { appId, setting, ...values });
    },
    install: (kind, { appToken }) => new ShippedClient(kind, port, appToken),
    mailTo: (address, subject = /./) =>
      take(address, unreadMails, (mail) => mail.to.includes(address) && subject.test(mail.subject)),
    textTo: (number) => take(number, unreadTexts, ({ to }) => to === number),
    async stop() {
      await host.stop();
      rmSync(host.dataDir, { recursive: true, force: true });
      await stopPeers();
    },
  };
  return stage;
}

async function startHost(settings: Record<string, string>, byGuide: boolean) {
  const installed = byGuide ? await setUpByGuide(settings) : undefined;
  const host = startHostProcess(
    installed ? { dataDir: installed.dataDir, env: installed.settings } : { env: settings },
  );
  const port = await host.listening;
  const serverSecret = installed?.serverSecret ?? (await serverSecretOf(host.dataDir));
  return { host, port, serverSecret };
}

function textOf({ path, headers, body }: ProviderServer['requests'][number]): TextMessage {
  const form = new URLSearchParams(body);
  const part = (name: string) => form.get(name) ?? '';
  const basic = headers.authorization?.replace('Basic ', '') ?? '';
  return {
    to: part('To'),
    from: part('From'),
    body: part('Body'),
    account: /^\/2010-04-01\/Accounts\/(\w+)\/Messages\.json$/.exec(path)?.[1] ?? path,
    login: Buffer.from(basic, 'base64').toString(),
  };
}

/** What a JWT says, unverified. */
export function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}
