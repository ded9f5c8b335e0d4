import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import type { Agent } from 'node:http';
import { type Answer, send } from '../support/host.ts';
import { type HostProcess, serverSecretOf } from '../support/host-process.ts';
import { KeepAlive } from '../support/keep-alive.ts';

/** What clients send for a password that is on no list of common ones. */
export const PASSWORD = createHash('md5').update('a password of the fault tests').digest('hex');

/** Calls of one running host, as the clients of one app make them. */
export interface Stage {
  readonly appId: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  portal(path: string, json: Record<string, unknown>): Promise<Answer>;
  /** A POST to `/api/appuser` with the app token. */
  app(route: string, json: Record<string, unknown>): Promise<Answer>;
  /** Answers tokens at once: the app's signup flow is `none`. */
  signUp(handle: string): Promise<Answer>;
  logIn(handle: string, password?: string): Promise<Answer>;
  /** A POST to `/api/appuser` of somebody who is logged in. */
  user(accessToken: string, route: string, json: Record<string, unknown>): Promise<Answer>;
  getUser(accessToken: string): Promise<Answer>;
  /** The same app on another host with the same store, or on the same one after a restart. */
  on(host: HostProcess): Promise<Stage>;
}

/** Makes a commercial app on a host that runs, with these settings; each stage has an agent of its own. */
export async function setStage(
  host: HostProcess,
  settings: Record<string, unknown> = {},
  newAgent: () => Agent = () => new KeepAlive(),
): Promise<Stage> {
  const headers = { 'server-secret': await serverSecretOf(host.dataDir) };
  const port = await host.listening;
  const portal = (path: string, json: unknown) =>
    send({ port, method: 'POST', path, input: { headers, json } });
  const { body } = await portal('/api/app', { name: `stage ${randomUUID()}` });
  const wanted = { appType: 'commercial', signupFlow: 'none', ...settings };
  for (const [setting, value] of Object.entries(wanted)) {
    const field = setting === 'appType' ? 'type' : setting;
    const answer = await portal('/api/app/updateAppSetting', { appId: body.appId, setting, [field]: value });
    assert.equal(answer.status, 200, `${setting}: ${answer.text}`);
  }
  return stageOf(host, body, headers, newAgent);
}

async function stageOf(
  host: HostProcess,
  { appId, appToken }: { appId: string; appToken: string },
  secret: Record<string, string>,
  newAgent: () => Agent,
): Promise<Stage> {
  const port = await host.listening;
  const agent = newAgent();
  const post = (path: string, headers: Record<string, string>, json: unknown) =>
    send({ agent, port, method: 'POST', path, input: { headers, json } });
  const get = (path: string, headers: Record<string, string> = {}) =>
    send({ agent, port, method: 'GET', path, input: { headers } });
  const app = (route: string, json: unknown) =>
    post(`/api/appuser/${route}`, { 'app-token': appToken }, json);
  return {
    appId,
    get,
    portal: (path, json) => post(path, secret, json),
    app,
    signUp: (handle) => app('signup', { handle, password: PASSWORD }),
    logIn: (handle, password = PASSWORD) => app('login', { handle, password }),
    user: (accessToken, route, json) => post(`/api/appuser/${route}`, { 'access-token': accessToken }, json),
    getUser: (accessToken) => get('/api/appuser/getUser', { 'access-token': accessToken }),
    on: (other) => stageOf(other, { appId, appToken }, secret, newAgent),
  };
}

/** The contract's answer of a host that cannot serve just now. */
export function assertUnavailable({ status, body, headers, text }: Answer): void {
  assert.deepEqual([status, body?.code], [503, 503], text);
  assert.ok(Number(headers['retry-after']) > 0, 'Retry-After');
}

/** Each of them can log in. */
export async function assertAllIn(stage: Stage, handles: readonly string[]): Promise<void> {
  const left = [...handles];
  const logInRest = async () => {
    for (let handle = left.pop(); handle; handle = left.pop()) {
      assert.equal((await stage.logIn(handle)).status, 200, handle);
    }
  };
  await Promise.all(Array.from({ length: 20 }, logInRest));
}
