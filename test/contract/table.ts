import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { split } from '../support/because.ts';
import type { Answer } from '../support/host.ts';

/**
 * A parameter as the contract's `routes.json` lists it; `type` is `string`, `string(32 hex)`,
 * `string|number`, `boolean|string`, …
 */
export interface Parameter {
  name: string;
  in: 'body' | 'query' | 'path' | 'multipart';
  type: string;
  required: boolean;
}
export interface ContractRoute {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  credential: 'none' | 'app' | 'user' | 'app|user' | 'query' | 'server' | 'superuser';
  params: Parameter[];
  success: string;
  /** Codes of the body, HTTP 400. */
  errors: number[];
  /** HTTP statuses of the `Fails` form. */
  fails: number[];
  retired: boolean;
  /** Not of the contract's first edition; where its section lists no codes, none are listed. */
  addition?: boolean;
}

/** The contract's list of routes. */
export const ROUTES: readonly ContractRoute[] = JSON.parse(
  readFileSync(new URL('../../docs/contract/routes.json', import.meta.url), 'utf8'),
);
export const routeKey = ({ method, path }: Pick<ContractRoute, 'method' | 'path'>) => `${method} ${path}`;

/** Contract §2.3, operator §7: the exact texts, misspellings included. */
export const MESSAGES: Readonly<Record<number, string>> = {
  400: 'invalid app token',
  401: 'app no longer exist',
  402: 'app is suspended',
  403: 'missing parameter',
  404: 'user account is suspended',
  405: 'invalid access token',
  406: 'app does not support invitaion',
  407: 'app does not support signup',
  408: 'app does not support google two-factor verification',
  409: 'app does not support phone two-factor verification',
  410: 'user does not have verified phone number',
  411: 'signup code expired.',
  412: 'phone number already in use',
  413: 'app is migrated',
  414: 'app does not support anonymous login',
  415: 'app does not support Apple Authentication',
  416: 'app does not support Google Authentication',
  429: 'too many requests',
  500: 'internal server error',
  503: 'service unavailable',
  600: 'invalid login credentials',
  601: 'handle already registered',
  602: 'invalid data',
  603: 'account does not exist',
  604: 'invalid metadata',
  605: 'user name already assigned',
  606: 'app does not support username login',
  608: 'account has not been verified',
  610: 'email account already exist',
  611: 'Apple account already exist',
  612: 'Google account already exist',
  613: 'token is invalid',
};

/**
 * A refusal in code form, whole: status, headers, the two members (contract §2.1–§2.3), and no more than a
 * reason beside.
 */
export function assertCode(answer: Answer, code: number, about: string, status = 400): void {
  const { headers } = answer;
  const body = split(answer.body ?? {}).old;
  assert.deepEqual(
    { about, status: answer.status, body, type: headers['content-type'], cache: headers['cache-control'] },
    {
      about,
      status,
      body: { code, message: MESSAGES[code] },
      type: 'application/json; charset=utf-8',
      cache: 'no-store',
    },
  );
}

/** A refusal in the portal's form, whole. `message` where the contract fixes it. */
export function assertFails(
  answer: Answer,
  { status, word = 'Fails', message }: { status: number; word?: 'Fails' | 'fails'; message?: string },
  about: string,
): void {
  const { headers } = answer;
  const body = split(answer.body ?? {}).old;
  assert.deepEqual(
    {
      about,
      status: answer.status,
      body: { ...body, message: message ?? typeof body.message },
      type: headers['content-type'],
      cache: headers['cache-control'],
    },
    {
      about,
      status,
      body: { status: word, message: message ?? 'string' },
      type: 'application/json; charset=utf-8',
      cache: 'no-store',
    },
  );
  if (message) assert.equal(body.message, message, about);
}

/** The headers of every JSON answer. */
export function assertJsonHeaders(answer: Answer, about: string): void {
  const { 'content-type': type, 'cache-control': cache } = answer.headers;
  assert.deepEqual([about, type, cache], [about, 'application/json; charset=utf-8', 'no-store']);
}
