import type { CallOptions } from './call.ts';
import { AuthError, renamed } from './error.ts';
import { codeStep } from './finish.ts';
import { jsonText, type LogIn, login } from './login.ts';
import type { Parts } from './parts.ts';
import type { Metadata, Session, Tokens, User } from './types.ts';

/** What people do with their own account. */
export function account(parts: Parts) {
  const { call, keeper, facts } = parts;
  const { logIn } = login(parts);

  async function changed(route: string, body: object, options?: CallOptions): Promise<User> {
    await keeper.call(route, body, options);
    return keeper.refreshUser(options);
  }

  const resetPassword = async (
    { handle, code, newPassword }: { handle: string; code: string; newPassword: string },
    options?: CallOptions,
  ) => {
    const secret = await facts.password(newPassword, 'password', options);
    return call.app<true>('resetPassword', { handle, code, ...secret }, options);
  };

  return {
    forgotPassword: async ({ handle }: { handle: string }, options?: CallOptions) => {
      await call.app<true>('forgotPassword', { handle }, options);
      const step = (code: string, newPassword: string, more?: CallOptions) =>
        resetPassword({ handle, code, newPassword }, more);
      return { finish: codeStep(step) };
    },
    resetPassword,
    /** Ends every session, and begins a new one here. */
    changePassword: async (
      { password, newPassword }: { password: string; newPassword: string },
      options?: CallOptions,
    ): Promise<LogIn> => {
      const before = await facts.password(password, 'password', options);
      const after = await facts.password(newPassword, 'newPassword', options);
      try {
        await keeper.call('changePassword', { ...before, ...after }, options);
      } catch (error) {
        const isBare = error instanceof AuthError && error.code === 'invalid_data' && !error.reason;
        throw isBare ? renamed(error, 'wrong_credentials') : error;
      }
      const handle = keeper.session?.user.handle;
      if (handle === undefined) throw new AuthError('session_ended', 'log in with the new password');
      return logIn({ handle, password: newPassword }, options);
    },
    /** A code goes to the new handle; with it the session goes on under that. */
    changeHandle: async (
      { handle, password }: { handle: string; password?: string },
      options?: CallOptions,
    ) => {
      const secret = password === undefined ? {} : await facts.password(password, 'password', options);
      await keeper.call('setHandle', { handle, ...secret }, options);
      const step = async (code: string, more?: CallOptions): Promise<Session> =>
        keeper.begin(await keeper.call<Tokens>('verifyHandle', { code }, more), more, 'userChanged');
      return { finish: codeStep(step) };
    },
    user: {
      get: (options?: CallOptions) => keeper.refreshUser(options),
      setMetadata: ({ metaData }: { metaData: Metadata }, options?: CallOptions) =>
        changed('setUserMetadata', { metaData: jsonText(metaData) }, options),
      setUserName: ({ userName }: { userName: string }, options?: CallOptions) =>
        changed('setUserName', { userName }, options),
      isUserNameFree: async ({ userName }: { userName: string }, options?: CallOptions) => {
        const query = `userNameAvailable?userName=${encodeURIComponent(userName)}`;
        return (await keeper.call<{ available: boolean }>(query, undefined, options)).available;
      },
      setLocale: ({ locale }: { locale: string }, options?: CallOptions) =>
        changed('setLocale', { locale }, options),
      /** `code` of the second factor, where one is on. */
      setPhone: async ({ phone, code }: { phone: string; code?: string }, options?: CallOptions) => {
        await keeper.call('setPhone', { phone, code }, options);
        const step = (sent: string, more?: CallOptions) => changed('verifyPhone', { code: sent }, more);
        return { finish: codeStep(step) };
      },
      /** Proven by the password, or by a fresh identity token of who came with Apple or Google. */
      delete: async (
        { password, idToken }: { password?: string; idToken?: string } = {},
        options?: CallOptions,
      ) => {
        const handle = keeper.session?.user.handle;
        const secret = password === undefined ? {} : await facts.password(password, 'password', options);
        const proof = password === undefined ? { token: idToken } : { handle, ...secret };
        await keeper.call('deleteAccount', proof, options);
        await keeper.end();
        return true as const;
      },
    },
    /** Here, or with `everywhere` on all devices. Here nobody is logged in afterwards, in any case. */
    logOut: async ({ everywhere = false }: { everywhere?: boolean } = {}, options?: CallOptions) => {
      try {
        await keeper.call('logout', { everywhere }, options);
      } catch (error) {
        if (!(error instanceof AuthError && error.code === 'session_ended')) throw error;
      } finally {
        await keeper.end();
      }
      return true as const;
    },
  };
}
