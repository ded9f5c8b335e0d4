import { subjectOf } from '../../server/domain/tokens/claims.ts';
import type { App, AppKey } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import type { Deps } from '../../server/ports/deps.ts';
import { FIRST_GENERATION } from '../../server/ports/security/host-tokens.ts';
import { anApp, aSignup, aUser } from './records.ts';

/** MD5 of the text `password`, as clients send it. */
export const PASSWORD = '5f4dcc3b5aa765d61d8327deb882cf99';

let sharedKey: Promise<AppKey> | undefined;
/** An app straight in the store: commercial, signup flow `code`. */
export async function insertApp(deps: Deps, settings: Partial<App> = {}): Promise<App> {
  const now = deps.clock.now();
  const id = settings.id ?? deps.codes.newId();
  sharedKey ??= deps.keyPairs.newAppKey(now);
  const app = anApp({
    id,
    name: `App ${id.slice(0, 8)}`,
    anonymousLoginEnabled: false,
    userNamesEnabled: false,
    metaDataEmail: true,
    passwordRules: { minLength: 8, minUpper: 1, minLower: 1, minDigit: 1, minSpecial: 1 },
    keys: [await sharedKey],
    appToken: await deps.hostTokens.issueAppToken({ appId: id, generation: FIRST_GENERATION }),
    appSecret: await deps.hostTokens.issueAppSecret({ appId: id }),
    createdAt: now,
    updatedAt: now,
    ...settings,
  });
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
  const made = aUser({
    id: deps.codes.newRowId(now),
    appId: app.id,
    handle: 'ada@example.com',
    passwordHash: await deps.passwords.hash(password ?? PASSWORD),
    createdAt: now,
    updatedAt: now,
    ...settings,
  });
  const user = { subject: subjectOf(app, made), ...made };
  await deps.store.users.insert(user);
  return user;
}

/** A signup straight in the store, with the password `PASSWORD`, that waits for its code for an hour. */
export async function insertWaitingSignup(deps: Deps, app: App, name: string) {
  const { codes, clock, passwords, store } = deps;
  const [handle, code] = [`${name}@example.com`, '123456'];
  const signup = aSignup({ appId: app.id, handle, passwordHash: await passwords.hash(PASSWORD) });
  const stored = { purpose: 'signup', appId: app.id, subject: signup.id, code } as const;
  const expiresAt = clock.now() + 3_600_000;
  await store.signups.insert({ ...signup, code: codes.stored({ ...stored, expiresAt }) });
  return { app, handle, code };
}
