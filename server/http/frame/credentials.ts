import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../model/caller.ts';
import { type Because, type ErrorName, HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import type { HostToken } from '../../ports/security/host-tokens.ts';
import type { CallerRule, Route } from '../route.ts';
import { Refused } from './refused.ts';
import { TokenGenerations } from './token-generations.ts';

/** Where a credential was found; the order is that of contract §1.2. */
type Place = 'server-secret' | 'app-token' | 'access-token' | 'query';
interface Presented {
  place: Place;
  token: string;
}
/** A credential whose signature, kind and expiry hold; whether its app still exists is looked at later. */
export type Credential = Exclude<HostToken, { kind: 'login' }> & { place: Place };
type CredentialDeps = Pick<Deps, 'store' | 'hostTokens' | 'clock' | 'events'>;

const REFUSED_AS: Record<Place, ErrorName> = {
  'server-secret': 'internal',
  'app-token': 'invalid_app_token',
  'access-token': 'invalid_access_token',
  query: 'invalid_app_token',
};

/** The header, or query parameter, in which a route wants its credential; `nobody` wants none. */
const WANTED: Record<CallerRule, string | undefined> = {
  nobody: undefined,
  app: 'app-token',
  'app or user': 'app-token',
  user: 'access-token',
  link: 'appToken',
  server: 'server-secret',
  superuser: 'access-token',
};

/**
 * The first credential present and not empty decides; the others are not looked at, even if it is invalid
 * (contract §1.2).
 */
export function presentedCredential(
  headers: IncomingHttpHeaders,
  queryToken: string | undefined,
): Presented | undefined {
  for (const place of ['server-secret', 'app-token', 'access-token'] as const) {
    const token = headers[place];
    if (typeof token === 'string' && token !== '') return { place, token };
  }
  return queryToken ? { place: 'query', token: queryToken } : undefined;
}

/** Which token came and who is calling (contract §1.2, §1.3). */
export class Credentials {
  readonly #deps: CredentialDeps;
  readonly #generations: TokenGenerations;
  constructor(deps: CredentialDeps) {
    this.#deps = deps;
    this.#generations = new TokenGenerations(deps);
  }

  /**
   * Verifies signature, kind and expiry. Refuses in code form on every path: 500, 400 or 405 (contract §1.3).
   */
  async verify(route: Route, presented: Presented | undefined): Promise<Credential | undefined> {
    if (!presented) return undefined;
    const { place, token } = presented;
    // Node joins repeated headers with a comma, which no token contains.
    if (token.includes(',')) throw this.#invalid(place, 'repeated');
    const verified = await this.#verifyAt(route, place, token);
    if (!verified) throw await this.#misplaced(route, place, token);
    if (verified.kind === 'user' && verified.expired && !takesExpired(route)) {
      throw this.#invalid(place, 'expired');
    }
    if (verified.kind === 'server' && !(await this.#generations.acceptsServerSecret(verified.generation))) {
      throw this.#invalid(place, 'revoked');
    }
    return { ...verified, place };
  }

  #verifyAt(route: Route, place: Place, token: string) {
    const { hostTokens } = this.#deps;
    if (place === 'server-secret') return hostTokens.verify(token, 'server');
    if (place !== 'access-token') return hostTokens.verify(token, 'app');
    if (route.appTokenAsAccessToken) return this.#verifyEither(token);
    return hostTokens.verify(token, route.caller === 'superuser' ? 'superuser' : 'user');
  }

  /** Kotlin clients put the app token where the access token belongs (contract C6). */
  async #verifyEither(token: string) {
    const { hostTokens } = this.#deps;
    return (await hostTokens.verify(token, 'user')) ?? hostTokens.verify(token, 'app');
  }

  #invalid(
    place: Place,
    reason: string,
    { status = 400, because }: { status?: number; because?: Because } = {},
  ) {
    this.#deps.events.emit('token_refused', { kind: place, reason });
    return new Refused(REFUSED_AS[place], { status, because });
  }

  /**
   * A token of this host that does not belong where it stands says so; what is no token in force says
   * nothing.
   */
  async #misplaced(route: Route, place: Place, token: string, status = 400): Promise<Refused> {
    const isOfHost = await this.#deps.hostTokens.isInForce(token);
    const because = isOfHost && { because: wantedBy(route, 'wrong_credential') };
    return this.#invalid(place, 'invalid', { status, ...because });
  }

  /**
   * The credential that counts for the route. Refuses one of the wrong kind, or none, as the route says. A
   * `link` route that was reached with a header credential takes the app token of the query all the same; one
   * that does not verify is code 400 with HTTP 403 (contract §3.5.6).
   */
  async requireKind(
    route: Route,
    credential: Credential | undefined,
    queryToken: string | undefined,
  ): Promise<Credential | undefined> {
    if (!takes(route, credential)) {
      if (credential) {
        this.#deps.events.emit('access_refused', { kind: credential.kind, needed: route.caller });
      }
      throw new Refused(route.refuse.caller, {
        because: wantedBy(route, credential ? 'wrong_credential' : 'no_credential'),
      });
    }
    if (route.caller !== 'link' || credential?.place === 'query') return credential;
    if (!queryToken) throw new Refused(route.refuse.caller, { because: wantedBy(route, 'wrong_credential') });
    const verified = await this.#deps.hostTokens.verify(queryToken, 'app');
    if (verified) return { ...verified, place: 'query' };
    throw await this.#misplaced(route, 'query', queryToken, 403);
  }

  /**
   * The caller with its app. Throws `app_gone` when there is no such app; refuses a rotated app token with
   * 400.
   */
  async caller(route: Route, credential: Credential | undefined): Promise<Caller> {
    if (route.caller === 'nobody' || !credential) return { kind: 'nobody' };
    if (credential.kind === 'server') return { kind: 'server' };
    const app = await this.#deps.store.apps.find(credential.appId);
    if (!app) throw new HostError('app_gone');
    if (credential.kind === 'superuser') {
      const isInForce = await this.#generations.acceptsSuperUserToken(app, credential.generation);
      if (!isInForce) throw this.#invalid(credential.place, 'revoked');
      return { kind: 'superuser', app, name: credential.name };
    }
    if (credential.kind === 'app' && !(await this.#generations.acceptsAppToken(app, credential.generation))) {
      throw this.#invalid(credential.place, 'revoked');
    }
    if (credential.kind === 'app' || route.caller !== 'user') return { kind: 'app', app };
    const { userId, handle, epoch, jti, sid, number, authTime, issuedAt, expiresAt } = credential;
    const session = { userId, handle, epoch, jti, sid, number, authTime: authTime ?? issuedAt, expiresAt };
    return { kind: 'user', app, session };
  }
}

function wantedBy(route: Route, reason: 'no_credential' | 'wrong_credential'): Because {
  const wanted = WANTED[route.caller];
  return { reason, ...(wanted && { wanted }) };
}

/**
 * Where only the app counts, a user's token serves even after its expiry: React clients keep sending it
 * (contract C9).
 */
function takesExpired(route: Route): boolean {
  return route.caller === 'app' || route.caller === 'app or user';
}

function takes(route: Route, credential: Credential | undefined): boolean {
  switch (route.caller) {
    case 'nobody':
      return true;
    case 'link':
      return credential !== undefined;
    case 'app':
    case 'app or user':
      return credential?.kind === 'app' || credential?.kind === 'user';
    default:
      return credential?.kind === route.caller;
  }
}
