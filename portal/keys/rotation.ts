import type { AppKey } from '../../client/host/tokens.ts';
import type { Texts } from '../frame/texts.ts';

/** The keys of an app, each in the forms in which verifiers take it. */
export function keyRows(texts: Texts, keys: readonly AppKey[]) {
  return keys.map(({ kid, state, createdAt, publicKey, nextStep, notBefore }) => ({
    kid,
    createdAt,
    notBefore,
    publicKey,
    raw: Buffer.from(publicKey.trimEnd()).toString('base64'),
    isCurrent: state === 'current',
    state: texts.say(`key.state.${state}`),
    nextStep: nextStep && texts.say(`key.${nextStep}`),
  }));
}

/** The three steps of a rotation: which is done, which is next, and from when on each may be taken. */
export function rotationSteps(texts: Texts, keys: readonly AppKey[], now: number) {
  const next = keys.find(({ state }) => state === 'next');
  const previous = keys.find(({ state }) => state === 'previous');
  const timeOf = (key: AppKey | undefined) => (key?.notBefore ? Date.parse(key.notBefore) : undefined);
  const step = (phase: 'prepare' | 'activate' | 'retire', isNext: boolean, notBefore?: number) => ({
    phase,
    label: texts.say(`key.${phase}`),
    text: texts.say(`key.${phase}.text`),
    isNext,
    isOpen: isNext && (notBefore === undefined || notBefore <= now),
    notBefore: isNext && notBefore !== undefined && notBefore > now ? notBefore : undefined,
    isRetire: phase === 'retire',
  });
  return [
    step('prepare', next === undefined && previous === undefined),
    step('activate', next !== undefined, timeOf(next)),
    step('retire', previous !== undefined, timeOf(previous)),
  ];
}

/** When a token says it was issued; undefined for text that is none. */
export function issuedAt(jwt: string): number | undefined {
  try {
    const { iat } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      iat?: unknown;
    };
    return typeof iat === 'number' ? iat * 1000 : undefined;
  } catch {
    return undefined;
  }
}
