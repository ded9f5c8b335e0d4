import assert from 'node:assert/strict';
import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import { split } from './because.ts';
import type { Answer, TestHost } from './host.ts';

/** Calls `/api/appuser` routes with one credential, as JSON. */
export interface Client {
  post(route: string, body?: Record<string, unknown>): Promise<Answer>;
  /** A form body byte for byte, as Swift clients send it. */
  postRaw(path: string, body: string): Promise<Answer>;
  get(route: string): Promise<Answer>;
}

function client(host: TestHost, headers: Record<string, string>): Client {
  const path = (route: string) => `/api/appuser/${route}`;
  const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
  return {
    post: (route, body = {}) => host.request('POST', path(route), { headers, json: body }),
    postRaw: (raw, body) => host.request('POST', raw, { headers: form, raw: body }),
    get: (route) => host.request('GET', path(route), { headers }),
  };
}

/** A client application where nobody is logged in. */
export function appClient(host: TestHost, app: App): Client {
  return client(host, { 'app-token': app.appToken });
}

/** A client application with this access token. */
export function userClient(host: TestHost, accessToken: string): Client {
  return client(host, { 'access-token': accessToken });
}

/** A client application where that user has just logged in. */
export async function loggedIn(host: TestHost, app: App, user: User): Promise<Client> {
  return userClient(host, await host.accessToken(app, user));
}

/**
 * A refusal of the contract: HTTP 400, `code` and `message`, and no more than a reason beside. `about` shows
 * in the difference.
 */
export function assertRefused(answer: Answer, code: number, about?: string): void {
  const { message, ...rest } = split(answer.body ?? {}).old;
  assert.deepEqual({ about, status: answer.status, body: rest }, { about, status: 400, body: { code } });
  assert.equal(typeof message, 'string');
}

/** Bare `true`, four bytes. */
export function assertTrue(answer: Answer, about?: string): void {
  assert.deepEqual({ about, status: answer.status, text: answer.text }, { about, status: 200, text: 'true' });
}

/** Both tokens and nothing else, but the JWT perhaps under its former name too; answers the access token. */
export function assertTokens(answer: Answer, about?: string): string {
  const { 'signed-user-token': former = answer.body?.jwt, ...tokens } = answer.body ?? {};
  assert.equal(former, answer.body?.jwt);
  const members = Object.keys(tokens).sort();
  assert.deepEqual(
    { about, status: answer.status, members, refused: answer.body?.code },
    { about, status: 200, members: ['access-token', 'jwt'], refused: undefined },
  );
  return answer.body['access-token'];
}

/** The answers of that many calls made at once, split into successes and refusals. */
export async function atOnce(
  times: number,
  call: (index: number) => Promise<Answer>,
): Promise<{ successes: Answer[]; refusals: Answer[] }> {
  const answers = await Promise.all(Array.from({ length: times }, (_, index) => call(index)));
  return {
    successes: answers.filter(({ status }) => status === 200),
    refusals: answers.filter(({ status }) => status !== 200),
  };
}
