import type { App, AppKey } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import type { Deps } from '../../server/ports/deps.ts';

/** MD5 of the text `password`, as clients send it. */
export const PASSWORD = '5f4dcc3b5aa765d61d8327deb882cf99';

let sharedKey: Promise<AppKey> | undefined;
/** An app straight in the store: commercial, signup flow `code`. */
export async function insertApp(deps: Deps, settings: Partial<App> = {}): Promise<App> {
  const now = deps.clock.now();
  const id = settings.id ?? deps.codes.newId();
  sharedKey ??= deps.keyPairs.newAppKey(now);
  const app: App = {
    id,
    revision: 1,
    name: `App ${id.slice(0, 8)}`,
    lifecycle: 'live',
    status: 'active',
    type: 'commercial',
    handleType: 'email',
    jwtEnabled: true,
    anonymousLoginEnabled: false,
    userNamesEnabled: false,
    appleLoginEnabled: false,
    googleLoginEnabled: false,
    emailExtension: false,
    invitationEnabled: true,
    signupEnabled: true,
    signupFlow: 'code',
    twoFactorVerification: 'none',
    maxUsers: 0,
    maxLoginAttempts: 0,
    passwordFilter: false,
    passwordRules: { minLength: 8, minUpper: 1, minLower: 1, minDigit: 1, minSpecial: 1 },
    userJwtExpirationHours: 24,
    userJwtAudience: [],
    metaData: [],
    metaDataInvite: [],
    metaDataEmail: true,
    locales: ['EN'],
    userIdFormat: 'uid',
    linkConfirmation: 'button',
    hideAccounts: false,
    refuseCommonPasswords: false,
    keys: [await sharedKey],
    appToken: await deps.hostTokens.issueAppToken({ appId: id, generation: 1 }),
    tokenGeneration: 1,
    graceGenerations: [],
    appSecret: await deps.hostTokens.issueAppSecret({ appId: id }),
    createdAt: now,
    updatedAt: now,
    ...settings,
  };
  await deps.store.apps.insert(app);
  return app;
}

/** A user straight in the store, with the password `PASSWORD` unless another is given. */
export async function insertUser(
  deps: Deps,
  app: App,
  { password, ...settings }: Partial<User> & { password?: string } = {},
): Promise<User> {
  const now = deps.clock.now();
  const user: User = {
    id: deps.codes.newRowId(now),
    appId: app.id,
    revision: 1,
    uid: deps.codes.newId(),
    handle: 'ada@example.com',
    passwordHash: await deps.passwords.hash(password ?? PASSWORD),
    status: 'active',
    locale: 'EN',
    loginProvider: '',
    phoneVerified: false,
    twoFactorPhone: false,
    twoFactorTotp: false,
    recoveryCodes: [],
    metaData: {},
    epoch: 0,
    revokedTokens: [],
    createdAt: now,
    updatedAt: now,
    ...settings,
  };
  await deps.store.users.insert(user);
  return user;
}
