import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../model/config.ts';
import { FACTOR_NAMES } from '../model/factor.ts';
import type { Clock } from '../ports/clock.ts';
import type { Codes } from '../ports/security/codes.ts';
import {
  FIRST_GENERATION,
  type HostToken,
  type HostTokenKind,
  type HostTokens,
  type TokenSession,
} from '../ports/security/host-tokens.ts';
import { DAY_MS } from '../tools/duration.ts';
import { type Claims, signJwt, verifyJwt } from './jwt.ts';
import { thumbprint } from './public-jwk.ts';
import { VerifiedTokens } from './verified-tokens.ts';

type TokenOf<K extends HostTokenKind> = Extract<HostToken, { kind: K }>;

/** How far the clock of the process that issued a token may be ahead. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** Verified tokens remembered per kind. */
const REMEMBERED = 10_000;

const text = z.string().min(1);
const whole = z.int().min(0);
const seconds = whole;
const milliseconds = seconds.transform((value) => value * 1000);
const generation = { gen: z.int().optional(), exp: seconds.optional() };
const ending = { iat: seconds, exp: milliseconds, jti: text };
/**
 * What each kind must say (design §7). Access, login and super-user tokens name their end; an app token and a
 * server secret need none and are revoked by generation. What is optional here is absent in tokens of an old
 * installation.
 */
const READERS: { readonly [K in HostTokenKind]: z.ZodType<TokenOf<K>> } = {
  server: z
    .object({ scope: z.literal('server'), name: z.string(), ...generation })
    .transform(({ name, gen }) => ({ kind: 'server', name, generation: gen })),
  app: z
    .object({ scope: z.literal('app'), appId: text, ...generation })
    .transform(({ appId, gen }) => ({ kind: 'app', appId, generation: gen })),
  user: z
    .object({
      scope: z.literal('user'),
      appId: text,
      handle: text,
      userId: text.optional(),
      epoch: z.int().optional(),
      auth_time: milliseconds.optional(),
      iat: milliseconds,
      exp: milliseconds.optional(),
      jti: text.optional(),
      sid: text.optional(),
      number: whole.optional(),
    })
    .transform(({ scope, auth_time, iat, exp, ...said }) => ({
      ...said,
      kind: scope,
      userId: said.userId,
      epoch: said.epoch,
      jti: said.jti,
      sid: said.jti && (said.sid ?? said.jti),
      number: said.number ?? 0,
      authTime: auth_time,
      issuedAt: iat,
      expiresAt: exp,
      expired: false,
    })),
  login: z
    .object({
      scope: z.literal('login'),
      appId: text,
      userId: text,
      factor: z.enum(FACTOR_NAMES),
      epoch: z.int().optional(),
      ...ending,
    })
    .transform(({ scope, iat, exp, ...said }) => ({ ...said, kind: scope, expiresAt: exp })),
  superuser: z
    .object({
      scope: z.literal('superuser'),
      appId: text,
      name: text,
      gen: z.int().optional(),
      ...ending,
    })
    .transform(({ scope, iat, exp, gen, ...said }) => ({
      ...said,
      kind: scope,
      generation: gen,
      expiresAt: exp,
    })),
};

/**
 * The tokens of design §7. One that verified is remembered by the SHA-256 of its whole text, so that a
 * repeated one costs no RSA (design §11); its expiry is looked at every time.
 */
export function createHostTokens(input: {
  privateKey: KeyObject;
  publicKey: KeyObject;
  config: Pick<Config, 'accessTokenDays' | 'sessionMaxDays' | 'loginTokenSeconds' | 'legacyTokensUntil'>;
  clock: Clock;
  codes: Pick<Codes, 'newId'>;
}): HostTokens {
  const { privateKey, publicKey, config, clock, codes } = input;
  const kid = thumbprint(publicKey);
  const remembered: { readonly [K in HostTokenKind]: VerifiedTokens<TokenOf<K>> } = {
    server: new VerifiedTokens(REMEMBERED),
    app: new VerifiedTokens(REMEMBERED),
    user: new VerifiedTokens(REMEMBERED),
    login: new VerifiedTokens(REMEMBERED),
    superuser: new VerifiedTokens(REMEMBERED),
  };

  async function issue(claims: Claims, lifeSeconds?: number, made?: { at: number; jti: string }) {
    const iat = made ? Math.floor(made.at / 1000) : nowSeconds();
    const jti = made?.jti ?? codes.newId();
    const exp = lifeSeconds === undefined ? undefined : iat + lifeSeconds;
    const token = await signJwt({ ...claims, iat, exp, jti }, kid, privateKey);
    return { token, jti, expiresAt: (iat + (lifeSeconds ?? 0)) * 1000 };
  }

  function isFromTheFuture({ iat, exp, nbf }: Claims): boolean {
    // This host writes no `nbf`; whoever did meant it (RFC 7519 §4.1.5).
    if (nbf !== undefined && !(typeof nbf === 'number' && nbf * 1000 <= clock.now())) return true;
    // Only where there is an end: after a clock was set back, an app's one token must not stop working.
    return exp !== undefined && !(Number(iat) <= nowSeconds() + CLOCK_TOLERANCE_SECONDS);
  }

  /**
   * When a token of that kind stops counting, epoch ms. An access token without `exp` comes from an old
   * installation; one with an `auth_time` ends with its session, however long sessions were when it was made.
   */
  function endOf({ exp, auth_time }: Claims, kind: HostTokenKind): number {
    if (exp !== undefined) {
      const end = Number(exp) * 1000;
      return kind === 'user' && typeof auth_time === 'number'
        ? Math.min(end, sessionEnd(auth_time * 1000))
        : end;
    }
    return kind === 'user' ? (config.legacyTokensUntil ?? 0) : Number.POSITIVE_INFINITY;
  }

  function sessionEnd(authTime: number): number {
    return config.sessionMaxDays > 0 ? authTime + config.sessionMaxDays * DAY_MS : Number.POSITIVE_INFINITY;
  }

  /** Whole seconds, as tokens say it. */
  function accessTokenEnd(authTime: number): number {
    const end = Math.min((nowSeconds() + config.accessTokenDays * 86_400) * 1000, sessionEnd(authTime));
    return Math.floor(end / 1000) * 1000;
  }

  function nowSeconds(): number {
    return Math.floor(clock.now() / 1000);
  }

  async function isInForce(token: string): Promise<boolean> {
    const claims = await verifyJwt(token, kid, publicKey);
    if (!claims || isFromTheFuture(claims)) return false;
    const said = Object.values(READERS).map((reader) => reader.safeParse(claims).data);
    return said.some((each) => each !== undefined && endOf(claims, each.kind) > clock.now());
  }

  return {
    kid,
    isInForce,
    async issueServerSecret({ name, generation, made }) {
      return (await issue({ scope: 'server', name, gen: generation }, undefined, made)).token;
    },
    async issueAppToken({ appId, generation }) {
      return (await issue({ scope: 'app', appId, gen: generation })).token;
    },
    async issueAppSecret({ appId }) {
      return (await issue({ scope: 'appSecret', appId })).token;
    },
    async issueAccessToken({ appId, handle, userId, epoch, session }) {
      const iat = nowSeconds();
      const jti = codes.newId();
      const first: TokenSession = { number: 0, authTime: iat * 1000, expiresAt: accessTokenEnd(iat * 1000) };
      const { sid = jti, number, authTime, expiresAt } = session ?? first;
      const user = { scope: 'user', appId, handle, userId, epoch };
      const times = { auth_time: Math.floor(authTime / 1000), iat, exp: expiresAt / 1000 };
      return signJwt({ ...user, sid, number, ...times, jti }, kid, privateKey);
    },
    accessTokenEnd,
    issueLoginToken({ appId, userId, factor, epoch }) {
      return issue({ scope: 'login', appId, userId, factor, epoch }, config.loginTokenSeconds);
    },
    issueSuperUserToken({ appId, name, expiresInMinutes, generation: gen = FIRST_GENERATION }) {
      return issue({ scope: 'superuser', appId, name, gen }, expiresInMinutes * 60);
    },
    async verify(token, kind) {
      const now = clock.now();
      const known = remembered[kind].find(token, now);
      if (known) return known;
      const claims = await verifyJwt(token, kid, publicKey);
      const said = READERS[kind].safeParse(claims).data;
      if (!claims || !said || isFromTheFuture(claims)) return undefined;
      const end = endOf(claims, kind);
      if (end <= now) return said.kind === 'user' ? { ...said, expired: true } : undefined;
      const told = 'expiresAt' in said && said.expiresAt ? { ...said, expiresAt: end } : said;
      remembered[kind].keep(token, told, end);
      return told;
    },
  };
}
