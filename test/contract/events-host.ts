import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { trimActivity } from '../../server/domain/housekeeping.ts';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { issueEntry } from '../../server/domain/operators/entry.ts';
import { noteSignIn } from '../../server/domain/operators/sign-in.ts';
import { recordSubjects } from '../../server/domain/tokens/subjects.ts';
import { PASSWORD } from '../support/host.ts';
import { patched } from '../support/patched.ts';
import { until } from '../support/until.ts';
import { HANDLE } from './appuser-stage.ts';
import type { EventStage, Story } from './events-stage.ts';

const count = /^\d+$/;
const broken = {
  emailExtension: true,
  emailExtensionApiKey: 'SG.key',
  emailExtensionSenderEmail: 'me@example.com',
};

/** How trouble of the host itself is told of (threats §6). */
export const HOST_STORIES: readonly Story[] = [
  {
    event: 'operator_changed',
    level: 'warn',
    fields: { operatorId: /^[\da-f]{24}$/, change: 'invited', by: 'setup' },
    tell: async (s) => issueEntry(s.host().deps, SETUP, { email: 'ada@example.com', role: 'owner' }),
  },
  {
    event: 'operator_signed_in',
    level: 'info',
    fields: { operatorId: /^[\da-f]{24}$/ },
    async tell(s) {
      const { deps } = s.host();
      const operator = await deps.store.operators.findByEmail('ada@example.com');
      assert.ok(operator);
      await noteSignIn(deps, operator, '192.0.2.1');
    },
  },
  {
    event: 'subject_doubled',
    level: 'warn',
    fields: { userId: /^[\da-f]{24}$/, holder: /^[\da-f]{24}$/ },
    async tell(s) {
      const { deps, createApp, createUser } = s.host();
      const app = await createApp({ userIdFormat: 'handle' });
      const before = { subject: undefined, passwordHash: undefined };
      for (const handle of ['a_b@example.com', 'a@b_example.com'])
        await createUser(app, { handle, ...before });
      await recordSubjects(deps);
    },
  },
  {
    event: 'activity_trimmed',
    level: 'warn',
    fields: { rows: 2 },
    async tell(s) {
      const { deps, createApp } = s.host();
      const { id } = await createApp();
      const row = { appId: id, action: 'x', value: '', logType: 'user', status: 'error' } as const;
      const times = [1, 2, 3, 4, 5];
      await deps.store.activity.insertMany(
        times.map((createdAt) => ({ ...row, id: deps.codes.newRowId(createdAt), createdAt })),
      );
      await trimActivity(deps, id, { most: 3 });
      assert.equal((await deps.store.activity.page(id, {}, { offset: 0, limit: 1 })).total, 3);
    },
  },
  {
    event: 'message_failed',
    level: 'error',
    fields: { channel: 'email', provider: 'sendgrid', reason: /./, tries: 1 },
    async tell(s) {
      await (await s.account(broken)).own('invite', { handle: 'bo@example.com' });
      await s.host().outbox();
    },
  },
  {
    event: 'template_failed',
    level: 'error',
    fields: { template: 'signUp', locale: 'EN' },
    async tell(s) {
      const account = await s.account();
      const { deps } = s.host();
      const now = deps.clock.now();
      const row = {
        id: deps.codes.newRowId(now),
        appId: account.app.id,
        revision: 1,
        createdAt: now,
        updatedAt: now,
      };
      await deps.store.templates.insert({
        ...row,
        name: 'signUp',
        locale: 'EN',
        subject: 'S',
        htmlTemplate: '{{',
      });
      await account.signUp();
    },
  },
  {
    event: 'tamper_detected',
    level: 'error',
    fields: { record: /^users\/[\da-f]{24}$/, field: 'sealed' },
    async tell(s) {
      const { app, user } = await s.account();
      const raw = new DatabaseSync(join(s.host().dataDir, 'host.db'));
      const { doc } = raw.prepare('SELECT doc FROM users WHERE id = ?').get(user.id) as { doc: string };
      const sealed: string = JSON.parse(doc).sealed;
      const altered = `${sealed.slice(0, -6)}${sealed.at(-6) === 'A' ? 'B' : 'A'}${sealed.slice(-5)}`;
      raw.prepare('UPDATE users SET doc = ? WHERE id = ?').run(doc.replace(sealed, altered), user.id);
      raw.close();
      const answer = await s.post(app, 'forgotPassword', { handle: HANDLE });
      assert.deepEqual([answer.status, answer.body.code], [400, 500]);
    },
  },
  {
    event: 'unexpected_error',
    level: 'error',
    fields: { name: 'TypeError', stack: /^ {4}at / },
    async tell(s) {
      const account = await s.account();
      const { users } = s.host().deps.store;
      await patched(users, { find: () => Promise.reject(new TypeError('planted-secret')) }, () =>
        account.own('setLocale', { locale: 'EN' }, 500),
      );
    },
  },
  { event: 'overload_started', level: 'warn', fields: { waiting: count }, tell: overload },
  { event: 'overload_ended', level: 'warn', fields: { refused: count }, tell: overload },
  { event: 'database_lost', level: 'error', fields: { reason: 'unreachable' }, tell: loseDatabase },
  { event: 'database_back', level: 'info', fields: { seconds: count }, tell: loseDatabase },
];

/** More hashes at once than may wait; afterwards all are made or refused. */
async function overload(stage: EventStage): Promise<void> {
  const { passwords } = stage.host().deps;
  const hashes = await Promise.allSettled(Array.from({ length: 300 }, () => passwords.hash(PASSWORD)));
  assert.deepEqual(new Set(hashes.map(({ status }) => status)), new Set(['fulfilled', 'rejected']));
}

async function loseDatabase(stage: EventStage): Promise<void> {
  const { store, readiness } = stage.host().deps;
  await patched(store, { ping: () => Promise.reject(new Error('away')) }, () =>
    until('the database is missed', () => readiness.database === 'down'),
  );
  await until('the database is back', () => readiness.database === 'ok');
}
