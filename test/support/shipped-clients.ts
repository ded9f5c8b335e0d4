import { createHash } from 'node:crypto';
import { type Answer, send } from './http-client.ts';

/** The published client libraries (contract §1.4). */
export type ClientKind = 'swift' | 'kotlin' | 'react';
type Values = Record<string, string | number | boolean | object>;

/** Routes for which Swift and Kotlin send the access token. */
const USER_ROUTES = new Set([
  ...[
    'getUser',
    'userNameAvailable',
    'setUserName',
    'setLocale',
    'setUserMetadata',
    'setPhone',
    'verifyPhone',
  ],
  ...['setTwoFactorGoogleVerification', 'setTwoFactorPhoneVerification', 'changePassword', 'deleteAccount'],
  ...['invite', 'logout', 'newRecoveryCodes'],
]);
/** What the Swift library calls with a doubled slash (C1). */
const DOUBLED_SLASH = new Set(['setTwoFactorGoogleVerification', 'setTwoFactorPhoneVerification']);
/** Where the Swift library does not escape the plus of a handle (C2). */
const RAW_HANDLE = new Set(['loginAnonymous', 'socialSignup']);

/** What every client sends instead of the typed password (C12). */
export function sentPassword(typed: string): string {
  return createHash('md5').update(typed).digest('hex');
}

/**
 * An app on somebody's phone, built with one of the shipped clients: same bodies, same credentials, same
 * success test.
 */
export class ShippedClient {
  /** Of the last log-in. */
  accessToken: string | undefined;
  readonly #kind: ClientKind;
  readonly #port: number;
  readonly #appToken: string;

  constructor(kind: ClientKind, port: number, appToken: string) {
    this.#kind = kind;
    this.#port = port;
    this.#appToken = appToken;
  }

  async post(route: string, values: Values = {}): Promise<Answer> {
    const slash = this.#kind === 'swift' && DOUBLED_SLASH.has(route) ? '//' : '/';
    const texts = Object.entries(values).map(([name, value]): [string, string | number | boolean] => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : value,
    ]);
    const headers = { ...this.#credential(route), 'content-type': this.#contentType() };
    const raw = this.#kind === 'swift' ? swiftBody(route, texts) : JSON.stringify(Object.fromEntries(texts));
    const answer = await this.#send('POST', `${slash}api/appuser/${route}`, headers, raw);
    if (typeof answer.body?.['access-token'] === 'string') this.accessToken = answer.body['access-token'];
    return answer;
  }

  get(route: string, query: Record<string, string> = {}): Promise<Answer> {
    const search = Object.keys(query).length > 0 ? `?${new URLSearchParams(query)}` : '';
    return this.#send('GET', `/api/appuser/${route}${search}`, this.#credential(route));
  }

  #send(method: string, path: string, headers: Record<string, string>, raw?: string): Promise<Answer> {
    return send({ port: this.#port, method, path, input: { headers, ...(raw !== undefined && { raw }) } });
  }

  #contentType(): string {
    if (this.#kind === 'swift') return 'application/x-www-form-urlencoded';
    return this.#kind === 'kotlin' ? 'application/json; charset=UTF-8' : 'application/json';
  }

  #credential(route: string): Record<string, string> {
    const token = this.accessToken;
    if (this.#kind === 'react') return token ? { 'access-token': token } : { 'app-token': this.#appToken };
    // C6 and C7: three routes for which Kotlin takes the wrong credential.
    if (this.#kind === 'kotlin' && (route === 'resetPassword' || route === 'changePassword')) {
      return { 'access-token': this.#appToken };
    }
    const asUser = USER_ROUTES.has(route) && !(this.#kind === 'kotlin' && route === 'invite');
    return asUser && token ? { 'access-token': token } : { 'app-token': this.#appToken };
  }
}

/** Decoded query text, byte for byte as the library writes it. */
function swiftBody(route: string, texts: [string, string | number | boolean][]): string {
  return texts
    .map(([name, value]) => {
      const escaped = name === 'handle' && !RAW_HANDLE.has(route);
      return `${name}=${escaped ? String(value).replaceAll('+', '%2B') : value}`;
    })
    .join('&');
}
