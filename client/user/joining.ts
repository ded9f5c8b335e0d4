import type { CallOptions } from './call.ts';
import { AuthError } from './error.ts';
import { codeStep } from './finish.ts';
import { jsonText, type LogIn, login } from './login.ts';
import type { Parts } from './parts.ts';
import { isPassing } from './patience.ts';
import type { Metadata, Session, SignupState, Tokens } from './types.ts';

export interface SignUpInput {
  handle: string;
  password: string;
  metaData?: Metadata;
  /** A BCP 47 tag, such as a browser's `navigator.language`. */
  locale?: string;
}

interface Resend {
  /** Sends the message again. */
  resend: (options?: CallOptions) => Promise<true>;
}
export type SignUp =
  | { state: 'loggedIn'; session: Session }
  | ({ state: 'codeSent'; finish: (code: string, options?: CallOptions) => Promise<Session> } & Resend)
  | ({
      state: 'linkSent';
      /**
       * Waits until the link was opened, then logs in. `setPassword`: the signup was completed by another
       * request, and the account has no password yet; a mail says how to choose one.
       */
      waitUntilVerified: (options?: { signal?: AbortSignal }) => Promise<LogIn | { state: 'setPassword' }>;
    } & Resend);

const POLL_MS = 3_000;

/** Ways in for people who have no account yet. */
export function joining(parts: Parts) {
  const { call, keeper, facts } = parts;
  const { logIn } = login(parts);

  async function signUp(input: SignUpInput, options?: CallOptions): Promise<SignUp> {
    const { handle, password, metaData, locale } = input;
    const secret = await facts.password(password, 'password', options);
    const body = { handle, ...secret, locale, metaData: jsonText(metaData) };
    const ask = (more?: CallOptions) => call.app<Tokens | true>('signup', body, more);
    const answer = await ask(options);
    if (answer !== true) return { state: 'loggedIn', session: await keeper.begin(answer, options) };
    const resend = async (more?: CallOptions) => {
      await ask(more);
      return true as const;
    };
    const { signupFlow } = await facts.get(options);
    if (signupFlow !== 'link') {
      const step = async (code: string, more?: CallOptions) =>
        keeper.begin(await call.app<Tokens>('completeSignup', { handle, code, ...secret }, more), more);
      return { state: 'codeSent', finish: codeStep(step), resend };
    }
    return {
      state: 'linkSent',
      resend,
      async waitUntilVerified({ signal } = {}) {
        for (;;) {
          const state = await stateOf({ handle, ...secret }, { signal });
          if (state === 'verified') return logIn({ handle, password }, { signal });
          if (state === 'setPassword') return { state };
          await pause(POLL_MS, signal);
        }
      },
    };
  }

  /** One lost answer does not end the waiting. */
  async function stateOf(body: object, options: CallOptions): Promise<SignupState> {
    try {
      return (await call.app<{ state: SignupState }>('signupState', body, options)).state;
    } catch (error) {
      if (isPassing(error)) return 'waiting';
      throw error;
    }
  }

  return {
    signUp,
    /** Takes an invitation with the code that was sent. */
    acceptInvite: async (input: SignUpInput & { code: string }, options?: CallOptions): Promise<Session> => {
      const { handle, password, code, metaData, locale } = input;
      const secret = await facts.password(password, 'password', options);
      const body = { handle, ...secret, code, locale, metaData: jsonText(metaData) };
      return keeper.begin(await call.app<Tokens>('register', body, options), options);
    },
    /** Invites somebody in the user's name. */
    invite: (
      { handle, metaData, locale }: { handle: string; metaData?: Metadata; locale?: string },
      options?: CallOptions,
    ) => keeper.call<true>('invite', { handle, locale, metaData: jsonText(metaData) }, options),
  };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(new AuthError('aborted', 'given up by the caller'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  });
}
