import type { App } from '../../model/app.ts';
import type { Deps } from '../../ports/deps.ts';
import type { Examination } from '../../ports/security/identity-tokens.ts';
import { type ReadJwt, readJwt } from '../../tools/compact-jwt.ts';
import { getAppForPortal } from '../apps/apps.ts';
import { audienceIds, type SocialProvider } from '../login/social-login.ts';
import { type Finding, fails, holds, quoted, type RuleFinding, timeOf, untold } from './finding.ts';

/** As the real check grants it, in seconds. */
const TOLERANCE = 30;
const DAY = 86_400;

interface Facts extends ReadJwt {
  app: App;
  provider: SocialProvider;
  examined: Examination;
  /** Seconds. */
  now: number;
}
type Judge = (facts: Facts) => Finding;

const NAMES: Record<SocialProvider, { name: string; setting: string; ids: string }> = {
  apple: { name: 'Apple', setting: 'appleLogin', ids: 'appleBundleId' },
  google: { name: 'Google', setting: 'googleLogin', ids: 'googleClientId' },
};

/** What log-in with Apple and Google asks of an identity token, rule by rule. */
const RULES: readonly (readonly [rule: string, judge: Judge])[] = [
  [
    'enabled',
    ({ app, provider }) => {
      const { name, setting } = NAMES[provider];
      const on = provider === 'apple' ? app.appleLoginEnabled : app.googleLoginEnabled;
      return on ? holds(`${name} is on`) : fails(`${name} is off`, `switch ${setting} on`);
    },
  ],
  [
    'algorithm',
    ({ header: { alg, typ } }) => {
      const plain = typ === undefined || (typeof typ === 'string' && typ.toUpperCase() === 'JWT');
      if (alg === 'RS256' && plain) return holds('alg is RS256');
      return fails(`alg is ${quoted(alg)}, typ is ${quoted(typ)}`, 'send the identity token, no other one');
    },
  ],
  [
    'key',
    ({ header: { kid }, provider, examined }) => {
      const { name } = NAMES[provider];
      if (examined.key === 'known') return holds(`kid ${quoted(kid)} is a key of ${name}`);
      if (examined.key === 'unreachable')
        return untold(
          `the keys of ${name} could not be had`,
          'let the host reach the provider, or try again',
        );
      return fails(`${name} has no key ${quoted(kid)}`, `take a fresh token, and one of ${name}`);
    },
  ],
  [
    'signature',
    ({ examined }) => {
      if (examined.key === 'unreachable') return untold('without the key nobody can tell');
      return examined.signed
        ? holds('the signature is right')
        : fails('the signature is not of that key', 'send the token as it came, unchanged and whole');
    },
  ],
  [
    'issuer',
    ({ claims: { iss }, provider, examined: { issuers } }) =>
      typeof iss === 'string' && issuers.includes(iss)
        ? holds(`iss is ${quoted(iss)}`)
        : fails(
            `iss is ${quoted(iss)}, wanted is ${quoted(issuers[0])}`,
            `take a token of ${NAMES[provider].name}`,
          ),
  ],
  ['audience', judgeAudience],
  [
    'expiry',
    ({ claims: { exp }, now }) => {
      if (typeof exp !== 'number') return fails('there is no exp', 'send the identity token, no other one');
      return exp > now - TOLERANCE
        ? holds(`good until ${timeOf(exp)}`)
        : fails(`over since ${timeOf(exp)}`, 'take a fresh token: the app asks for one at each log-in');
    },
  ],
  [
    'issued-at',
    ({ claims: { iat, nbf }, now }) => {
      if (typeof iat !== 'number') return fails('there is no iat', 'send the identity token, no other one');
      if (iat < now - TOLERANCE - DAY)
        return fails(`issued ${timeOf(iat)}, over a day ago`, 'take a fresh token');
      const begins = Math.max(iat, typeof nbf === 'number' ? nbf : iat);
      return begins > now + TOLERANCE
        ? fails(`good from ${timeOf(begins)} on`, 'set the clock of this machine right')
        : holds(`issued ${timeOf(iat)}`);
    },
  ],
  [
    'subject',
    ({ claims: { sub } }) =>
      typeof sub === 'string' && sub !== ''
        ? holds(`sub is ${quoted(sub)}`)
        : fails(`sub is ${quoted(sub)}`, 'send the identity token, no other one'),
  ],
  [
    'email',
    ({ claims: { email, email_verified: verified } }) => {
      const usable = typeof email === 'string' && (verified === true || verified === 'true');
      return usable
        ? holds(`${email} is verified`)
        : holds('there is no verified e-mail: an account is found by sub alone');
    },
  ],
];

/**
 * What log-in with a provider would say of an identity token. Asks the provider for its keys as a log-in
 * does, stores nothing and tells no event. Throws `app_gone`.
 */
export async function tryIdentityToken(
  deps: Pick<Deps, 'store' | 'identityTokens' | 'clock'>,
  { appId, provider, token }: { appId: string; provider: SocialProvider; token: string },
): Promise<{ ok: boolean; rules: RuleFinding[] }> {
  const app = await getAppForPortal(deps, appId);
  const jwt = readJwt(token);
  if (!jwt) {
    const broken = fails('it is no JWT', 'send the identity token whole and without blanks');
    return { ok: false, rules: [{ rule: 'form', ...broken }] };
  }
  const examined = await deps.identityTokens.examine({ provider, token });
  const facts = { ...jwt, app, provider, examined, now: deps.clock.now() / 1000 };
  const findings = RULES.map(([rule, judge]) => ({ rule, ...judge(facts) }));
  return {
    ok: findings.every(({ ok }) => ok === true),
    rules: [{ rule: 'form', ...holds('three parts') }, ...findings],
  };
}

/** OpenID Connect Core §3.1.3.7: of several audiences the token must have been issued to one of ours. */
function judgeAudience({ claims: { aud, azp }, app, provider }: Facts): Finding {
  const { ids } = NAMES[provider];
  const ours = audienceIds(app, provider);
  if (ours.length === 0) return fails('the app has no id of the provider', `set ${ids}`);
  const told = `aud is ${quoted(aud)}`;
  const repair = `set ${ids} to the id that the app asks the provider with`;
  const list: unknown[] = [aud].flat();
  const isOurs = (value: unknown) => typeof value === 'string' && ours.includes(value);
  if (!list.some(isOurs)) return fails(`${told}, ${ids} is ${quoted(ours.join(','))}`, repair);
  if (list.length === 1 || isOurs(azp)) return holds(told);
  return fails(`${told}, and azp is ${quoted(azp)}`, repair);
}
