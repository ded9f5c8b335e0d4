import assert from 'node:assert/strict';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { type Answer, PASSWORD, type TestHost } from '../support/host.ts';
import { HANDLE, NAMED, NEW_PASSWORD, PHONE, SEED, World } from './appuser-stage.ts';

export type Level = 'info' | 'warn' | 'error';
/** What a field must be: a value, or what it looks like. */
export type Fields = Readonly<Record<string, unknown>>;
export interface Story {
  event: string;
  level: Level;
  about?: string;
  fields: Fields;
  /** Provokes the event once. */
  tell: (stage: EventStage) => Promise<unknown>;
}

/**
 * An app with one user and the calls that events come from; every call has to succeed unless a code is named.
 */
export class EventStage extends World {
  async account(settings: Partial<App> = {}, user: Partial<User> = {}): Promise<Account> {
    const app = await this.app({ name: `App ${crypto.randomUUID()}`, ...settings });
    const created = await this.host().createUser(app, { handle: HANDLE, ...user });
    return new Account(this, app, created, await this.host().accessToken(app, created));
  }
  /** One whose TOTP is on. */
  guarded(): Promise<Account> {
    return this.account({ twoFactorVerification: 'google' }, { twoFactorTotp: true, totpSecret: SEED });
  }
  /** One that logs in with Google. */
  social(): Promise<Account> {
    return this.account({}, { passwordHash: undefined, loginProvider: 'google', socialUserId: 'google-1' });
  }
  async portal(route: string, json: Record<string, unknown>, code = 200): Promise<Answer> {
    const answer = await this.host().portal('POST', `/api/app/${route}`, { json });
    assert.equal(answer.status, code, `${route}: ${answer.text}`);
    return answer;
  }
}

export class Account {
  readonly stage: EventStage;
  readonly app: App;
  readonly user: User;
  readonly accessToken: string;
  constructor(stage: EventStage, app: App, user: User, accessToken: string) {
    this.stage = stage;
    this.app = app;
    this.user = user;
    this.accessToken = accessToken;
  }

  /** As nobody in particular. `code`: of the refusal that has to come. */
  async open(route: string, json: Record<string, unknown>, code?: number): Promise<Answer> {
    return expected(await this.stage.post(this.app, route, json), route, code);
  }
  /** As the user. */
  async own(route: string, json: Record<string, unknown> = {}, code?: number): Promise<Answer> {
    return expected(await this.stage.post(this.app, route, json, this.accessToken), route, code);
  }
  portal(route: string, json: Record<string, unknown> = {}, code?: number): Promise<Answer> {
    return this.stage.portal(route, { appId: this.app.id, ...json }, code);
  }
  logIn(password = PASSWORD, code?: number): Promise<Answer> {
    return this.open('login', { handle: this.user.handle, password }, code);
  }
  async loginToken(): Promise<string> {
    return (await this.logIn()).body['login-token'];
  }
  async complete(code: string, refusal?: number, loginToken?: string): Promise<Answer> {
    return this.open('loginComplete', { loginToken: loginToken ?? (await this.loginToken()), code }, refusal);
  }
  async code(): Promise<string> {
    return (await this.stage.mail(this.app)).code;
  }
  signUp(): Promise<Answer> {
    return this.open('signup', { handle: 'new@example.com', password: NEW_PASSWORD, metaData: NAMED });
  }
  async reset(code?: string, refusal?: number): Promise<Answer> {
    const proof = { handle: HANDLE, password: NEW_PASSWORD, code: code ?? (await this.code()) };
    return this.open('resetPassword', proof, refusal);
  }
  async setPhone(): Promise<void> {
    await this.own('setPhone', { phone: PHONE });
  }
}

function expected(answer: Answer, route: string, code?: number): Answer {
  assert.deepEqual([route, answer.status, answer.body?.code], [route, code ? 400 : 200, code], answer.text);
  return answer;
}

/** The app's export, byte for byte. */
export async function exported(host: TestHost, app: App, more = ''): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { 'server-secret': host.serverSecret };
  const answer = await fetch(`${host.url}/api/app/export?appId=${app.id}${more}`, { headers });
  assert.equal(answer.status, 200);
  return new Uint8Array(await answer.arrayBuffer());
}

/** An import of these bytes under a new name; answers the HTTP status. */
export async function imported(host: TestHost, zip: Uint8Array<ArrayBuffer>): Promise<number> {
  const form = new FormData();
  form.set('appName', `Import ${crypto.randomUUID()}`);
  form.set('file', new Blob([zip], { type: 'application/zip' }), 'app.zip');
  const headers = { 'server-secret': host.serverSecret };
  const answer = await fetch(`${host.url}/api/app/importDatabase`, { method: 'POST', headers, body: form });
  await answer.arrayBuffer();
  return answer.status;
}
