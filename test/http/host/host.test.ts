import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { buildConfig } from '../../../server/config/load.ts';
import { shownSettings } from '../../../server/config/shown-settings.ts';
import { META } from '../../../server/ports/store/meta.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

const SECRET = 'canaryword';

describe('the settings as they are shown', () => {
  it('say what holds and where it comes from, and no secret', () => {
    const texts = {
      DATA_DIR: '/data',
      PASS_KEY: `${SECRET} pass phrase`,
      ENCRYPT_KEY: `${SECRET} encrypt key`,
      SMTP_URL: `smtp://mailer:${SECRET}@mail.example.com`,
      ALLOW_ORIGIN: 'https://a.example,https://b.example',
      LEGACY_TOKENS_UNTIL: '2027-01-31',
      TWILIO_ACCOUNT_SID: 'AC1',
      TWILIO_TOKEN: SECRET,
      TWILIO_PHONE_NUMBER: '+15550001234',
      CODES_PER_HOUR: '7',
    };
    const fromEnvironment = new Set(['CODES_PER_HOUR'] as const);
    const config = buildConfig(texts, { production: false, keysExpected: false, fromEnvironment });
    const shown = shownSettings(config);
    const named = (name: string) => shown.find((setting) => setting.name === name);
    const at = (name: string) => [named(name)?.value, named(name)?.origin, named(name)?.secret];
    assert.deepEqual(at('CODES_PER_HOUR'), ['7', 'environment', false]);
    assert.deepEqual(at('ALLOW_ORIGIN'), ['https://a.example,https://b.example', 'file', false]);
    assert.deepEqual(at('LEGACY_TOKENS_UNTIL'), ['2027-01-31T00:00:00.000Z', 'file', false]);
    assert.deepEqual(at('TWILIO_ACCOUNT_SID'), ['AC1', 'file', false]);
    assert.deepEqual(at('SMTP_URL'), [undefined, 'file', true]);
    assert.deepEqual(at('LOG_DAYS'), ['365', 'default', false]);
    assert.deepEqual(at('METRICS_PORT'), [undefined, 'default', false]);
    assert.ok(!JSON.stringify(shown).includes(SECRET));
  });
});

describe('the running host', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());
  const read = async () => (await host.portal('GET', '/api/host')).body;

  it('counts its apps and users, and tells the age of its backup once there is one', async () => {
    const before = await read();
    assert.equal(before.lastBackupAt, undefined);
    const app = await host.createApp();
    for (const name of ['ada', 'bob']) await host.createUser(app, { handle: `${name}@example.com` });
    await host.deps.store.meta.compareAndSet(META.lastBackupAt, undefined, String(Date.UTC(2026, 0, 2)));
    const after = await read();
    assert.deepEqual([after.apps, after.users], [before.apps + 1, before.users + 2]);
    assert.equal(after.lastBackupAt, '2026-01-02T00:00:00.000Z');
    assert.ok(after.insecure.includes('MAIL'));
    assert.equal(after.hashQueue, 0);
  });
});
