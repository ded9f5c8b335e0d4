import type { CallOptions } from './call.ts';
import { AuthError } from './error.ts';
import { codeStep } from './finish.ts';
import { claimsOf } from './jwt.ts';
import type { Parts } from './parts.ts';
import type { Metadata, Session, Tokens } from './types.ts';

export type LogIn =
  | { state: 'loggedIn'; session: Session }
  | {
      state: 'secondFactor';
      /** Where the code comes from: an authenticator app, or an SMS. */
      kind: 'totp' | 'sms';
      /** Also takes a recovery code. */
      finish: (code: string, options?: CallOptions) => Promise<Session>;
    };

export interface IdentityInput {
  /** The identity token of Apple or Google. */
  idToken: string;
  /** What it was asked for with. */
  nonce?: string;
  /** For a new account; default: the e-mail in the token. */
  handle?: string;
  metaData?: Metadata;
  locale?: string;
}

/** Ways in for people who have an account. */
export function login({ call, keeper, facts }: Parts) {
  async function begun(answer: Tokens | { 'login-token': string }, options?: CallOptions): Promise<LogIn> {
    if ('jwt' in answer) return { state: 'loggedIn', session: await keeper.begin(answer, options) };
    const loginToken = answer['login-token'];
    const { exp, factor } = claimsOf(loginToken) as { exp?: number; factor?: string };
    const step = async (code: string, more?: CallOptions) =>
      keeper.begin(await call.app<Tokens>('loginComplete', { loginToken, code }, more), more);
    return {
      state: 'secondFactor',
      kind: factor === 'phone' ? 'sms' : 'totp',
      finish: codeStep(step, { endsAt: exp && exp * 1000, refusedAs: 'wrong_credentials' }),
    };
  }

  async function social(provider: 'apple' | 'google', input: string | IdentityInput, options?: CallOptions) {
    const { idToken: token, ...more } = typeof input === 'string' ? { idToken: input } : input;
    const { handle, nonce, metaData, locale } = more as Omit<IdentityInput, 'idToken'>;
    try {
      return await keeper.begin(await call.app<Tokens>('socialLogin', { token, provider, nonce }, options));
    } catch (error) {
      if (!(error instanceof AuthError && error.code === 'unknown_account')) throw error;
    }
    const email = handle ?? (claimsOf(token).email as string | undefined);
    const body = { token, provider, nonce, handle: email, locale, metaData: jsonText(metaData) };
    return keeper.begin(await call.app<Tokens>('socialSignup', body, options));
  }

  return {
    /** `handle` may be a user name. */
    logIn: async ({ handle, password }: { handle: string; password: string }, options?: CallOptions) => {
      const body = { handle, ...(await facts.password(password, 'password', options)) };
      return begun(await call.app('login', body, options), options);
    },
    /** Without a handle a new account is made, which this device alone can open again by its handle. */
    logInAnonymously: async (
      { handle = newAnonymousHandle(), locale }: { handle?: string; locale?: string } = {},
      options?: CallOptions,
    ) => keeper.begin(await call.app<Tokens>('loginAnonymous', { handle, locale }, options), options),
    /** Logs in, else signs up. */
    social: {
      apple: (input: string | IdentityInput, options?: CallOptions) => social('apple', input, options),
      google: (input: string | IdentityInput, options?: CallOptions) => social('google', input, options),
    },
  };
}

/** Metadata go as JSON text. */
export function jsonText(metaData: Metadata | undefined): string | undefined {
  return metaData && JSON.stringify(metaData);
}

function newAnonymousHandle(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `ANON_${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
