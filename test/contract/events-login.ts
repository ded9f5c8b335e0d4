import { otherCode } from '../support/authenticator.ts';
import { HANDLE } from './appuser-stage.ts';
import type { Story } from './events-stage.ts';

const WRONG = 'f'.repeat(32);
const userId = /^[\da-f]{24}$/;
const handleRef = /^[\da-f]{12}$/;

/** How log-ins, codes and second factors are told of (threats §6). */
export const LOGIN_STORIES: readonly Story[] = [
  {
    event: 'login_succeeded',
    level: 'info',
    fields: { userId, method: 'password' },
    tell: async (s) => (await s.account()).logIn(),
  },
  {
    event: 'login_succeeded',
    level: 'info',
    fields: { userId, method: 'totp' },
    tell: async (s) => (await s.guarded()).complete(s.totp()),
  },
  {
    event: 'login_succeeded',
    level: 'info',
    fields: { userId, method: 'anonymous' },
    tell: async (s) => (await s.account()).open('loginAnonymous', { handle: 'ANON_7' }),
  },
  {
    event: 'identity_bound',
    level: 'warn',
    fields: { userId, provider: 'google' },
    async tell(s) {
      const imported = { passwordHash: undefined, loginProvider: 'google' } as const;
      const token = s.identity('google', { email: HANDLE });
      await (await s.account({}, imported)).open('socialLogin', { provider: 'google', token });
    },
  },
  {
    event: 'login_challenged',
    level: 'info',
    fields: { userId, factor: 'totp' },
    tell: async (s) => (await s.guarded()).logIn(),
  },
  {
    event: 'login_failed',
    level: 'warn',
    about: 'a password',
    fields: { userId, method: 'password', reason: 'password', failures: 1 },
    tell: async (s) => (await s.account()).logIn(WRONG, 600),
  },
  {
    event: 'login_failed',
    level: 'warn',
    about: 'an unknown handle',
    fields: { handleRef, method: 'password', reason: 'password', failures: 1 },
    tell: async (s) =>
      (await s.account()).open('login', { handle: 'nobody@example.com', password: WRONG }, 600),
  },
  {
    event: 'login_failed',
    level: 'warn',
    about: 'a second factor',
    fields: { userId, method: 'totp', reason: 'code', failures: 1 },
    tell: async (s) => (await s.guarded()).complete(otherCode(s.totp()), 600),
  },
  {
    event: 'login_failed',
    level: 'warn',
    about: 'an identity token',
    fields: { method: 'google', reason: 'identity_token' },
    tell: async (s) => (await s.social()).open('socialLogin', { provider: 'google', token: 'x.y.z' }, 613),
  },
  {
    event: 'login_failed',
    level: 'warn',
    about: 'a login token',
    fields: { method: 'login_token', reason: 'login_token' },
    tell: async (s) => (await s.guarded()).complete('123456', 600, 'x.y.z'),
  },
  {
    event: 'login_failed',
    level: 'warn',
    about: 'an account that is suspended',
    fields: { userId, method: 'password', reason: 'suspend' },
    tell: async (s) => (await s.account({}, { status: 'suspend' })).logIn(undefined, 404),
  },
  {
    event: 'login_failed',
    level: 'warn',
    about: 'an app that is suspended',
    fields: { handleRef, method: 'password', reason: 'app_suspended' },
    tell: async (s) => (await s.account({ status: 'suspended' })).logIn(undefined, 402),
  },
  {
    event: 'login_delayed',
    level: 'warn',
    fields: { userId, method: 'password', waitSeconds: 1, failures: 5 },
    async tell(s) {
      const account = await s.account();
      await times(5, () => account.logIn(WRONG, 600));
      await account.logIn(undefined, 600);
    },
  },
  {
    event: 'account_locked',
    level: 'warn',
    fields: { userId, failures: 2, by: 'attempts' },
    async tell(s) {
      const account = await s.account({ maxLoginAttempts: 2 });
      await times(2, () => account.logIn(WRONG, 600));
      await account.logIn(undefined, 404);
    },
  },
  {
    event: 'account_unlocked',
    level: 'warn',
    about: 'by a reset',
    fields: { userId, by: 'reset' },
    async tell(s) {
      const account = await s.account({}, { lockedAt: 1 });
      await account.open('forgotPassword', { handle: HANDLE });
      await account.reset();
    },
  },
  {
    event: 'account_unlocked',
    level: 'warn',
    about: 'by the portal',
    fields: { userId, by: 'portal' },
    async tell(s) {
      const account = await s.account({}, { lockedAt: 1 });
      await account.portal('user', { userId: account.user.id, status: 'active' });
    },
  },
  {
    event: 'code_sent',
    level: 'info',
    fields: { handleRef, purpose: 'signup', channel: 'email' },
    tell: async (s) => (await s.account()).signUp(),
  },
  {
    event: 'code_sent',
    level: 'info',
    about: 'a text message',
    fields: { userId, purpose: 'phone', channel: 'sms' },
    tell: async (s) => (await s.account({ twoFactorVerification: 'phone' })).setPhone(),
  },
  {
    event: 'code_failed',
    level: 'warn',
    fields: { userId, purpose: 'reset', reason: 'wrong', triesLeft: 4 },
    async tell(s) {
      const account = await s.account();
      await account.open('forgotPassword', { handle: HANDLE });
      await account.reset(otherCode(await account.code()), 602);
    },
  },
  {
    event: 'code_exhausted',
    level: 'warn',
    fields: { userId, purpose: 'reset' },
    async tell(s) {
      const account = await s.account();
      await account.open('forgotPassword', { handle: HANDLE });
      const wrong = otherCode(await account.code());
      await times(6, () => account.reset(wrong, 602));
    },
  },
  {
    event: 'code_exhausted',
    level: 'warn',
    about: 'of a login token',
    fields: { userId, purpose: 'login' },
    async tell(s) {
      const account = await s.guarded();
      const token = await account.loginToken();
      await times(6, () => account.complete(otherCode(s.totp()), 600, token));
    },
  },
  {
    event: 'code_limited',
    level: 'warn',
    fields: { handleRef, purpose: 'reset', window: 'hour' },
    async tell(s) {
      const account = await s.account();
      await times(6, () => account.open('forgotPassword', { handle: HANDLE }));
    },
  },
  {
    event: 'message_flood',
    level: 'warn',
    fields: { channel: 'email', budget: 'app', limit: 1 },
    async tell(s) {
      const account = await s.account({ mailsPerHour: 1 });
      await times(3, () => account.open('forgotPassword', { handle: HANDLE }));
    },
  },
  {
    event: 'totp_replayed',
    level: 'warn',
    fields: { userId },
    async tell(s) {
      const account = await s.guarded();
      await account.complete(s.totp());
      await account.complete(s.totp(), 600);
    },
  },
  {
    event: 'spray_suspected',
    level: 'error',
    fields: { kind: 'code', count: 1000 },
    async tell(s) {
      const account = await s.account();
      const guess = (n: number) => ({ handle: `${n}@example.com`, code: '123456' });
      for (let batch = 0; batch < 11; batch++) {
        const guesses = Array.from({ length: 100 }, (_, n) => guess(100 * batch + n));
        await Promise.all(guesses.map((wrong) => account.open('completeSignup', wrong, 602)));
      }
    },
  },
];

async function times(number: number, act: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < number; time++) await act();
}
