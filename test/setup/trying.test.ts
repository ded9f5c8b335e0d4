import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runSetup, startSetup } from '../support/setup-process.ts';
import { startSmtpServer } from '../support/smtp-server.ts';
import { until } from '../support/until.ts';

const VERIFIED = 'verified against the published keys';

describe('trying a host out right after its set-up', { timeout: 400_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'setup-try-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs setup until `text` is printed, then ends the host; answers what was printed. */
  async function tried(name: string, args: string[], text: string, env: Record<string, string> = {}) {
    const given = ['--data-dir', join(folder, name), '--try', ...args];
    const setup = startSetup(given, { PORT: '0', ...env });
    await until(`setup says "${text}"`, () => {
      if (setup.child.exitCode !== null) assert.fail(setup.printed.stdout + setup.printed.stderr);
      return setup.printed.stdout.includes(text);
    });
    setup.child.kill('SIGTERM');
    const { code, stdout } = await setup.ended;
    assert.equal(code, 0);
    return stdout;
  }

  for (const flow of ['code', 'link', 'none'] as const) {
    it(`signs a user up by flow "${flow}" and shows the verified token, asking nothing`, async () => {
      const answers = join(folder, `${flow}.json`);
      writeFileSync(answers, JSON.stringify({ APP_NAME: 'demo', APP_SIGNUP_FLOW: flow }));
      const stdout = await tried(flow, ['--answers', answers], VERIFIED);
      const [, handle = ''] = /Signed up: (\S+), password \S+\n/.exec(stdout) ?? [];
      assert.match(handle, /^test-\w+@example\.com$/);
      assert.equal(stdout.includes('The message that went out'), flow !== 'none');
      const claims = JSON.parse(
        stdout.slice(stdout.lastIndexOf('\n  {\n'), stdout.lastIndexOf('\n  }\n') + 4),
      );
      assert.equal(claims.email, handle);
      assert.match(claims.iss, /^http:\/\/localhost:\d+\/apps\/[0-9a-f]{32}$/);
    });
  }

  it('sends no real mail unless somebody said to whom', async () => {
    const smtp = await startSmtpServer();
    try {
      const env = { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, NOREPLY_EMAIL: 'noreply@example.com' };
      const stdout = await tried('smtp', ['--yes', '--app', 'demo'], 'Nobody was signed up', env);
      assert.match(stdout, /a real mail would go out: npx cosync try signup/);
      assert.equal(smtp.mails.length, 0);
    } finally {
      await smtp.stop();
    }
  });

  it('needs an app, and a host that runs', async () => {
    const dir = ['--data-dir', join(folder, 'none yet')];
    const { code, stderr } = await runSetup(['--yes', '--try', ...dir], { PORT: '0' });
    assert.equal(code, 78);
    assert.match(stderr, /no app yet.+--app demo/);
    for (const args of [['--yes', '--no-start'], ['--check']]) {
      assert.equal((await runSetup([...args, '--try', ...dir])).code, 64);
    }
  });

  it("prints an app's token, and nothing else", async () => {
    const dir = ['--data-dir', join(folder, 'tokens')];
    const made = async (name: string) => {
      const { stdout } = await runSetup(['--yes', '--no-start', '--json', '--app', name, ...dir]);
      return JSON.parse(stdout).app.appToken;
    };
    const demo = await made('demo');
    assert.equal((await runSetup(['--print-app-token', ...dir])).stdout, `${demo}\n`);
    const shop = await made('shop');
    assert.equal((await runSetup(['--print-app-token', 'shop', ...dir])).stdout, `${shop}\n`);
    for (const args of [['--print-app-token'], ['--print-app-token', 'shoe']]) {
      const { code, stdout, stderr } = await runSetup([...args, ...dir]);
      assert.equal(code, 64);
      assert.equal(stdout, '');
      assert.match(stderr, /shop, demo|demo, shop/);
    }
  });

  it('ends in a screen of 15 lines and 80 columns that shows no secret', async () => {
    const dir = ['--data-dir', join(folder, 'ending')];
    const run = ['--yes', '--no-start', '--app', 'demo', ...dir];
    const first = await runSetup(run);
    const { app, serverSecret } = JSON.parse((await runSetup([...run, '--json'])).stdout);
    const lines = first.stdout.trim().split('\n');
    assert.ok(lines.length <= 16, first.stdout);
    for (const secret of [app.appToken, serverSecret]) assert.ok(!first.stdout.includes(secret));
    for (const command of ['npx cosync try signup', 'npx cosync app token', 'docker run -d']) {
      assert.ok(first.stdout.includes(command), command);
    }
    assert.match((await runSetup(run)).stdout, /nothing had to change/);
  });
});
