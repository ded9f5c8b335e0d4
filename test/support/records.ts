import { randomBytes } from 'node:crypto';
import { newAppSettings } from '../../server/domain/apps/apps.ts';
import type { Activity } from '../../server/model/activity.ts';
import type { App, AppKey } from '../../server/model/app.ts';
import type { Asset } from '../../server/model/asset.ts';
import type { Invite } from '../../server/model/invite.ts';
import type { Job } from '../../server/model/job.ts';
import type { QueuedMessage } from '../../server/model/message.ts';
import type { Signup } from '../../server/model/signup.ts';
import type { Template } from '../../server/model/template.ts';
import type { StoredCode, User } from '../../server/model/user.ts';

/** The time at which test records are made: 2026-01-01T00:00:00Z. */
export const MADE_AT = Date.UTC(2026, 0, 1);

/** A row's id. */
export function aRowId(): string {
  return randomBytes(12).toString('hex');
}
/** An app's id or a uid. */
export function anId(): string {
  return randomBytes(16).toString('hex');
}

export function anAppKey(overrides: Partial<AppKey> = {}): AppKey {
  return {
    kid: anId(),
    state: 'current',
    privateKey: '-----BEGIN RSA PRIVATE KEY-----\nprivate\n-----END RSA PRIVATE KEY-----\n',
    publicKey: '-----BEGIN PUBLIC KEY-----\npublic\n-----END PUBLIC KEY-----',
    createdAt: MADE_AT,
    ...overrides,
  };
}

/** A live commercial app with every way in open; its key is no real one. */
export function anApp(overrides: Partial<App> = {}): App {
  const id = anId();
  return {
    ...newAppSettings(),
    id,
    name: `app ${id}`,
    type: 'commercial',
    jwtEnabled: true,
    anonymousLoginEnabled: true,
    userNamesEnabled: true,
    metaDataEmail: false,
    refuseCommonPasswords: false,
    keys: [anAppKey()],
    appToken: `app-token-of-${id}`,
    tokenGeneration: 1,
    appSecret: `app-secret-of-${id}`,
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}

export function aCode(overrides: Partial<StoredCode> = {}): StoredCode {
  return { id: anId(), digest: 'digest', expiresAt: MADE_AT + 3_600_000, ...overrides };
}

export function aUser(overrides: Partial<User> = {}): User {
  const uid = anId();
  return {
    id: aRowId(),
    appId: 'app',
    revision: 1,
    uid,
    handle: `${uid}@example.com`,
    passwordHash: '$argon2id$no-real-hash',
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
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}

export function aSignup(overrides: Partial<Signup> = {}): Signup {
  const uid = anId();
  return {
    id: aRowId(),
    appId: 'app',
    revision: 1,
    handle: `${uid}@example.com`,
    status: 'pending',
    kind: 'code',
    code: aCode(),
    passwordHash: '$argon2id$no-real-hash',
    userId: aRowId(),
    uid,
    metaData: {},
    locale: 'EN',
    signupProvider: '',
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}

export function anInvite(overrides: Partial<Invite> = {}): Invite {
  const uid = anId();
  return {
    id: aRowId(),
    appId: 'app',
    revision: 1,
    handle: `${uid}@example.com`,
    senderHandle: 'sender@example.com',
    senderUserId: 'sender',
    status: 'pending',
    code: aCode(),
    userId: aRowId(),
    uid,
    metaData: {},
    locale: 'EN',
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}

export function aTemplate(overrides: Partial<Template> = {}): Template {
  return {
    id: aRowId(),
    appId: 'app',
    revision: 1,
    name: 'signUp',
    locale: 'EN',
    subject: 'Welcome',
    htmlTemplate: '<p>%CODE%</p>',
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}

export function anActivity(overrides: Partial<Activity> = {}): Activity {
  return {
    id: aRowId(),
    appId: 'app',
    handle: 'ada@example.com',
    action: 'login',
    value: '',
    logType: 'user',
    status: 'success',
    createdAt: MADE_AT,
    ...overrides,
  };
}

export function aQueuedMessage(overrides: Partial<QueuedMessage> = {}): QueuedMessage {
  return {
    id: aRowId(),
    appId: 'app',
    revision: 1,
    state: 'waiting',
    channel: 'email',
    template: 'signUp',
    locale: 'EN',
    to: 'ada@example.com',
    content: {
      channel: 'email',
      message: 'signUp',
      locale: 'EN',
      to: 'ada@example.com',
      from: 'noreply@example.com',
      subject: 'Welcome',
      text: 'Your code is 123456',
      code: '123456',
    },
    tries: 0,
    dueAt: MADE_AT,
    giveUpAt: MADE_AT + 86_400_000,
    createdAt: MADE_AT,
    ...overrides,
  };
}

export function aJob(overrides: Partial<Job> = {}): Job {
  return {
    id: aRowId(),
    appId: 'app',
    revision: 1,
    kind: 'bulk',
    state: 'waiting',
    by: 'ada@example.com',
    task: { action: 'suspend', filter: { search: 'handle:ada@example.com' } },
    progress: {},
    read: 0,
    report: {},
    tries: 0,
    workedAt: MADE_AT,
    dueAt: MADE_AT,
    createdAt: MADE_AT,
    ...overrides,
  };
}

export function anAsset(overrides: Partial<Asset> = {}): Asset {
  const id = anId();
  const userId = overrides.userId ?? aRowId();
  const name = `${userId}/holiday-${id}.jpg`;
  return {
    id,
    appId: 'app',
    revision: 1,
    userId,
    status: 'active',
    storage: 'local',
    path: name,
    contentType: 'image/jpeg',
    size: 5,
    storageSize: 5,
    names: { main: name },
    parts: { main: { name, contentType: 'image/jpeg', size: 5, etag: 'a' } },
    expirationHours: 24,
    access: 'private',
    writableUntil: MADE_AT + 3_600_000,
    createdAt: MADE_AT,
    updatedAt: MADE_AT,
    ...overrides,
  };
}
