import { userRevision } from '../../server/domain/portal/revision.ts';
import { PASSWORD } from '../support/host.ts';
import { HANDLE, NEW_PASSWORD, PHONE } from './appuser-stage.ts';
import type { EventStage, Story } from './events-stage.ts';

const userId = /^[\da-f]{24}$/;
const handleRef = /^[\da-f]{12}$/;
/** Contract §5.11. */
const BCRYPT = '$2b$10$wvlFVDkSEcq7zS/GnjzDz.2BmNs.oQU6UiQl7CRWZ/DJ7tUU7jA/W';
const BCRYPT_OF = '155ba8e102f3beb97892c3400b65031c';

/** How credentials, accounts and what belongs to them are told of (threats §6). */
export const ACCOUNT_STORIES: readonly Story[] = [
  {
    event: 'token_refused',
    level: 'warn',
    fields: { kind: 'access-token', reason: 'invalid' },
    tell: async (s) => s.post((await s.account()).app, 'logout', {}, 'x.y.z'),
  },
  {
    event: 'token_refused',
    level: 'warn',
    about: 'a server secret',
    fields: { kind: 'server-secret', reason: 'invalid' },
    tell: (s) => s.host().request('GET', '/api/app/connection', { headers: { 'server-secret': 'x.y.z' } }),
  },
  {
    event: 'access_refused',
    level: 'warn',
    fields: { kind: 'app', needed: 'user' },
    tell: async (s) => (await s.account()).open('setLocale', { locale: 'EN' }, 403),
  },
  {
    event: 'input_refused',
    level: 'warn',
    fields: { field: 'handle', reason: /./ },
    tell: async (s) => (await s.account()).open('forgotPassword', { handle: ['x'] }, 602),
  },
  {
    event: 'token_revoked',
    level: 'info',
    fields: { userId, scope: 'one', cause: 'logout' },
    tell: async (s) => (await s.account()).own('logout'),
  },
  {
    event: 'token_revoked',
    level: 'info',
    about: 'all',
    fields: { userId, scope: 'all', cause: 'logout' },
    tell: async (s) => (await s.account()).own('logout', { everywhere: true }),
  },
  {
    event: 'token_revoked',
    level: 'info',
    about: 'by a suspension',
    fields: { userId, scope: 'all', cause: 'suspension' },
    tell: (s) => suspend(s),
  },
  {
    event: 'session_renewed',
    level: 'info',
    fields: { userId },
    tell: async (s) => (await s.account()).own('renew'),
  },
  {
    event: 'renewed_token_reused',
    level: 'warn',
    fields: { userId },
    async tell(s) {
      const account = await s.account();
      await account.own('renew');
      s.host().clock.advance(60_000);
      await account.own('setLocale', { locale: 'EN' }, 405);
    },
  },
  {
    event: 'user_created',
    level: 'info',
    fields: { userId, via: 'signup' },
    tell: async (s) => (await s.account({ signupFlow: 'none' })).signUp(),
  },
  {
    event: 'user_created',
    level: 'info',
    about: 'by the portal',
    fields: { userId, via: 'portal' },
    tell: async (s) =>
      (await s.account()).portal('addUser', { handle: 'bo@example.com', password: NEW_PASSWORD }),
  },
  {
    event: 'user_deleted',
    level: 'info',
    fields: { userId, by: 'user' },
    tell: async (s) => {
      const a = await s.account();
      await a.own('deleteAccount', { handle: HANDLE, password: PASSWORD });
    },
  },
  {
    event: 'user_deleted',
    level: 'info',
    about: 'by the portal',
    fields: { userId, by: 'portal' },
    tell: async (s) => (await s.account()).portal('removeUser', { handle: HANDLE }),
  },
  {
    event: 'user_status_changed',
    level: 'warn',
    fields: { userId, from: 'active', to: 'suspend' },
    tell: (s) => suspend(s),
  },
  {
    event: 'user_changed',
    level: 'info',
    fields: { userId, fields: ['locale'], by: 'portal' },
    async tell(s) {
      const account = await s.account({ locales: ['EN', 'DE'] });
      const revision = userRevision(s.host().deps, account.user);
      await account.portal('updateUser', { userId: account.user.id, revision, locale: 'DE' });
    },
  },
  {
    event: 'token_revoked',
    level: 'info',
    about: 'by the portal',
    fields: { userId, scope: 'all', cause: 'portal' },
    tell: async (s) => (await s.account()).portal('endSessions', { handle: HANDLE }),
  },
  {
    event: 'factor_disabled',
    level: 'info',
    about: 'by the portal',
    fields: { userId, factor: 'totp', by: 'portal' },
    tell: async (s) => (await s.guarded()).portal('disableSecondFactor', { handle: HANDLE, why: 'lost' }),
  },
  {
    event: 'user_metadata_changed',
    level: 'info',
    fields: { userId, paths: ['user_data'] },
    tell: async (s) =>
      (await s.account()).portal('updateAppUserMetaData', {
        handle: HANDLE,
        metaData: { user_data: { name: { first: 'Eve' } } },
      }),
  },
  {
    event: 'password_changed',
    level: 'info',
    fields: { userId },
    tell: async (s) =>
      (await s.account()).own('changePassword', {
        password: PASSWORD,
        newPassword: NEW_PASSWORD,
      }),
  },
  {
    event: 'password_reset',
    level: 'info',
    fields: { userId },
    async tell(s) {
      const account = await s.account();
      await account.open('forgotPassword', { handle: HANDLE });
      await account.reset();
    },
  },
  {
    event: 'password_rehashed',
    level: 'info',
    fields: { userId, from: 'bcrypt' },
    tell: async (s) => (await s.account({}, { passwordHash: BCRYPT })).logIn(BCRYPT_OF),
  },
  {
    event: 'password_set_by_portal',
    level: 'warn',
    fields: { userId },
    async tell(s) {
      const account = await s.account();
      const { id } = account.user;
      await account.portal('resetUserPassword', {
        userId: id,
        rawValue: 'Secret-1',
        hashValue: NEW_PASSWORD,
      });
    },
  },
  {
    event: 'factor_enabled',
    level: 'info',
    fields: { userId, factor: 'totp', by: 'user' },
    tell: async (s) =>
      (await s.account({ twoFactorVerification: 'google' })).own('setTwoFactorGoogleVerification', {
        twoFactor: true,
      }),
  },
  {
    event: 'factor_disabled',
    level: 'info',
    fields: { userId, factor: 'totp', by: 'user' },
    tell: async (s) => (await s.guarded()).own('setTwoFactorGoogleVerification', { twoFactor: false }),
  },
  {
    event: 'factor_enabled',
    level: 'info',
    about: 'phone',
    fields: { userId, factor: 'phone', by: 'user' },
    tell: async (s) =>
      (await s.account({ twoFactorVerification: 'phone' }, { phone: PHONE, phoneVerified: true })).own(
        'setTwoFactorPhoneVerification',
        { twoFactor: true },
      ),
  },
  {
    event: 'phone_verified',
    level: 'info',
    fields: { userId },
    async tell(s) {
      const account = await s.account({ twoFactorVerification: 'phone' });
      await account.setPhone();
      await account.own('verifyPhone', { code: await account.code() });
    },
  },
  {
    event: 'handle_changed',
    level: 'warn',
    fields: { userId },
    async tell(s) {
      const account = await s.account();
      await account.own('setHandle', { handle: 'new@example.com', password: PASSWORD });
      await account.own('verifyHandle', { code: await account.code() });
    },
  },
  {
    event: 'invite_issued',
    level: 'info',
    fields: { handleRef, by: 'user' },
    tell: async (s) => (await s.account()).own('invite', { handle: 'bo@example.com' }),
  },
  {
    event: 'invite_issued',
    level: 'info',
    about: 'by the portal',
    fields: { handleRef, by: 'portal' },
    tell: async (s) => (await s.account()).portal('createAppInvite', { handle: 'bo@example.com' }),
  },
  {
    event: 'invite_withdrawn',
    level: 'info',
    fields: { handleRef, by: 'portal' },
    async tell(s) {
      const account = await s.account();
      await account.own('invite', { handle: 'bo@example.com' });
      await account.portal('removeAppInvite', { handle: 'bo@example.com' });
    },
  },
];

async function suspend(stage: EventStage): Promise<void> {
  const account = await stage.account();
  await account.portal('user', { userId: account.user.id, status: 'suspend' });
}
