import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type LogLine, makeDataDir, startTestHost, type TestHost } from '../support/host.ts';
import { startHostProcess } from '../support/host-process.ts';
import { runSetup } from '../support/setup-process.ts';
import { closeOutside, type Outside, openOutside } from './appuser-stage.ts';
import { ACCOUNT_STORIES } from './events-account.ts';
import { HOST_STORIES } from './events-host.ts';
import { LOGIN_STORIES } from './events-login.ts';
import { PORTAL_STORIES } from './events-portal.ts';
import { EventStage, type Fields, type Level } from './events-stage.ts';

const STORIES = [...LOGIN_STORIES, ...ACCOUNT_STORIES, ...PORTAL_STORIES, ...HOST_STORIES];

/** Names of threats §6. */
const NAMES = `
  login_succeeded identity_bound login_challenged login_failed login_delayed account_locked account_unlocked code_sent code_failed code_exhausted
  code_limited totp_replayed spray_suspected address_limited token_refused access_refused input_refused token_revoked session_renewed renewed_token_reused user_created activity_trimmed
  user_deleted subject_doubled user_status_changed user_metadata_changed password_changed password_reset password_rehashed password_set_by_portal
  factor_enabled factor_disabled phone_verified handle_changed invite_issued invite_withdrawn app_created app_deleted app_reset app_setting_changed
  template_changed app_imported app_exported transfer_failed app_token_rotated app_key_rotated superuser_token_issued app_data_set
  tamper_detected message_failed message_flood template_failed overload_started overload_ended database_lost database_back unexpected_error
  host_started host_stopped start_refused insecure_setting secret_rotated secret_shown pass_key_rotated encrypt_key_rotated
  operator_signed_in operator_changed
`
  .trim()
  .split(/\s+/);

/** What every line has, and what it has besides inside a request. */
const COMMON = ['time', 'level', 'msg', 'event', 'requestId', 'route', 'appId', 'address'];

/** Exactly one line of that event, with that level and exactly these fields. */
function assertOneLine(
  lines: readonly LogLine[],
  event: string,
  { level, fields }: { level: Level; fields: Fields },
) {
  const found = lines.filter((line) => line.event === event);
  assert.equal(found.length, 1, JSON.stringify(found));
  const [line = {} as LogLine] = found;
  assert.equal(line.level, level);
  assert.equal(typeof line.msg, 'string');
  assert.ok(!Number.isNaN(Date.parse(String(line.time))));
  const members = Object.keys(line).filter((name) => !COMMON.includes(name));
  assert.deepEqual(members.sort(), Object.keys(fields).sort());
  for (const [name, expected] of Object.entries(fields)) {
    if (expected instanceof RegExp) assert.match(String(line[name]), expected, name);
    else assert.deepEqual(line[name], expected, name);
  }
  return line;
}

describe('security events', () => {
  const seen = new Set<string>();
  let outside: Outside;
  let host: TestHost;
  let stage: EventStage;
  let dataDir: string;
  before(async () => {
    outside = await openOutside();
    ({ dataDir } = makeDataDir());
    const config = {
      googleIssuer: outside.google.issuer,
      googleJwksUrl: outside.google.jwksUrl,
      sendGridUrl: outside.mail.url,
      twilioUrl: outside.sms.url,
    };
    host = await startTestHost({ dataDir, config });
    stage = new EventStage(() => host, outside);
  });
  after(async () => {
    await host?.stop();
    await closeOutside(outside);
    rmSync(dataDir, { recursive: true, force: true });
  });

  for (const story of STORIES) {
    const { event, about, tell } = story;
    it(`${event} ${about ?? ''}`.trim(), async () => {
      const before = host.events.length;
      await tell(stage);
      const line = assertOneLine(host.events.slice(before), event, story);
      const text = JSON.stringify(line);
      for (const secret of ['planted-secret', 'example.com', '5551234567'])
        assert.ok(!text.includes(secret), secret);
      if (line.requestId !== undefined) {
        assert.match(String(line.route), /^\/api\/(?:app|asset)/);
        assert.equal(line.address, '127.0.0.1');
      }
      seen.add(event);
    });
  }

  it('address_limited, once per address and minute', async () => {
    const limited = await startTestHost({ config: { addressLimitPerMinute: 2 } });
    const app = await limited.createApp();
    const headers = { 'app-token': app.appToken };
    for (let time = 0; time < 5; time++) {
      await limited.request('POST', '/api/appuser/forgotPassword', { headers, json: { handle: 'x' } });
    }
    assertOneLine(limited.events, 'address_limited', { level: 'warn', fields: { limit: 2 } });
    await limited.stop();
    seen.add('address_limited');
  });

  it('host_started, insecure_setting and host_stopped of a process', async () => {
    const child = startHostProcess();
    const port = await child.listening;
    child.child.kill('SIGTERM');
    await child.ended;
    const started = { version: /^\d+\.\d+\.\d+/, database: 'sqlite', kid: /./, port };
    const line = assertOneLine(child.lines, 'host_started', { level: 'info', fields: started });
    assert.equal(line.msg, 'listening');
    const mail = child.lines.filter(({ setting }) => setting === 'MAIL');
    assertOneLine(mail, 'insecure_setting', { level: 'warn', fields: { setting: 'MAIL' } });
    assertOneLine(child.lines, 'host_stopped', { level: 'info', fields: { exitCode: 0 } });
    await child.stop();
    for (const event of ['host_started', 'insecure_setting', 'host_stopped']) seen.add(event);
  });

  it('start_refused of a process that cannot start', async () => {
    const child = startHostProcess({ env: { PASS_KEY: 'planted-secret', LOG_DAYS: 'x' } });
    const { code, stderr } = await child.ended;
    assert.equal(code, 78);
    const fields = { exitCode: 78, problems: ['LOG_DAYS'] };
    assertOneLine(child.lines, 'start_refused', { level: 'error', fields });
    assert.ok(!stderr.includes('planted-secret'));
    await child.stop();
    seen.add('start_refused');
  });

  it('of the commands of setup, on its stderr', async () => {
    const { dataDir: folder, settings } = makeDataDir();
    const env = `PASS_KEY='${settings.PASS_KEY}'\nENCRYPT_KEY='${settings.ENCRYPT_KEY}'\n`;
    writeFileSync(join(folder, 'host.env'), env, { mode: 0o600 });
    const commands: [option: string, event: string, fields: Fields][] = [
      ['--print-secret', 'secret_shown', {}],
      ['--rotate-secret', 'secret_rotated', { generation: 2 }],
      ['--rotate-pass-key', 'pass_key_rotated', {}],
      ['--rotate-encrypt-key', 'encrypt_key_rotated', {}],
    ];
    for (const [option, event, fields] of commands) {
      const { code, stdout, stderr } = await runSetup([option, '--data-dir', folder]);
      assert.equal(code, 0, stderr);
      const told = stderr.split('\n').filter((line) => line.startsWith('{'));
      assertOneLine(
        told.map((line) => JSON.parse(line)),
        event,
        { level: 'warn', fields },
      );
      if (stdout) assert.ok(!stderr.includes(stdout.trim()), 'the token stands on stdout alone');
      seen.add(event);
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('are all provoked', () => {
    assert.deepEqual(
      NAMES.filter((name) => !seen.has(name)),
      [],
    );
  });
});
