import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadConfig } from '../../server/config/load.ts';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { enter, findEntry } from '../../server/domain/operators/entry.ts';
import { findSession, openSession } from '../../server/domain/operators/sessions.ts';
import { type OpenHost, openHost } from '../../setup/installation/open-host.ts';
import { runSetup, SETUP_ENV, type SetupOutcome } from '../support/setup-process.ts';

const EMAIL = 'ada@example.com';
const PASSWORD = 'a calm pass phrase';
const LINK = /^http:\/\/localhost:3000\/portal\/enter\/[\w-]{43}$/;
const BACKUP_PASS = { BACKUP_PASS: 'pass phrase of the backup' };
const PLACE = { address: '192.0.2.7', userAgent: 'test' };

describe('an operator made by setup', { timeout: 400_000 }, () => {
  let folder: string;
  let dataDir: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'setup-operator-'));
    dataDir = join(folder, 'data');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const setup = (args: readonly string[], env: Record<string, string> = {}, dir = dataDir) =>
    runSetup([...args, '--data-dir', dir], env);
  const secretOf = (link: string) => link.trim().slice(-43);
  async function onHost<T>(work: (host: OpenHost) => Promise<T>, dir = dataDir): Promise<T> {
    const host = await openHost(loadConfig({ ...SETUP_ENV, DATA_DIR: dir }));
    try {
      return await work(host);
    } finally {
      await host.stop();
    }
  }
  function link({ code, stdout, stderr }: SetupOutcome): string {
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\S+\n$/);
    return stdout.trim();
  }

  it('needs an installed host', async () => {
    const { code, stdout } = await setup(['--operator', EMAIL]);
    assert.equal(code, 78);
    assert.equal(stdout, '');
  });

  it('gets a link from the set-up only when somebody is named', async () => {
    const plain = await setup(['--yes', '--no-start', '--json']);
    assert.equal(plain.code, 0, plain.stderr);
    assert.equal('operatorLink' in JSON.parse(plain.stdout), false);
    const named = await setup(['--yes', '--no-start', '--json'], { OPERATOR_EMAIL: EMAIL });
    assert.match(JSON.parse(named.stdout).operatorLink, LINK);
    const told = await setup(['--yes', '--no-start', '--operator', EMAIL]);
    assert.match(told.stdout, /http:\/\/localhost:3000\/portal\/enter\/[\w-]{43}/);
  });

  it('gets a link that works once and voids the one before, from the command alone', async () => {
    const first = link(await setup(['--operator', EMAIL]));
    const second = link(await setup(['--operator', 'Ada@Example.com']));
    assert.match(second, LINK);
    await onHost(async (host) => {
      assert.equal(await findEntry(host, secretOf(first)), undefined);
      const entering = { secret: secretOf(second), password: PASSWORD, address: '' };
      const entered = await enter(host, entering);
      assert.equal(entered.state === 'entered' && entered.operator.role, 'owner');
      assert.equal((await enter(host, entering)).state, 'gone');
    });
  });

  it("has a link with the portal's own address, and none while the portal is off", async () => {
    const own = link(await setup(['--operator', EMAIL], { PORTAL_PORT: '3999' }));
    assert.match(own, /^http:\/\/127\.0\.0\.1:3999\/portal\/enter\//);
    const named = link(await setup(['--operator', EMAIL], { PORTAL_URL: 'https://console.example.com' }));
    assert.match(named, /^https:\/\/console\.example\.com\/portal\/enter\//);
    const off = await setup(['--operator', EMAIL], { PORTAL: 'off' });
    assert.equal(off.code, 78);
    assert.match(off.stderr, /PORTAL=off/);
  });

  it('keeps the second factor, unless it is reset', async () => {
    const seed = (totpSecret?: string) =>
      onHost(async (host) => {
        const operator = await host.store.operators.findByEmail(EMAIL);
        assert.ok(operator);
        if (totpSecret) await host.store.operators.replace({ ...operator, totpSecret });
        return operator.totpSecret;
      });
    await seed('JBSWY3DPEHPK3PXP');
    link(await setup(['--operator', EMAIL]));
    assert.equal(await seed(), 'JBSWY3DPEHPK3PXP');
    link(await setup(['--operator', EMAIL, '--reset-factor']));
    assert.equal(await seed(), undefined);
  });

  it('refuses what is no address, and a reset of nobody', async () => {
    for (const args of [['--operator', 'ada'], ['--operator', ''], ['--reset-factor']]) {
      const { code, stdout } = await setup(args);
      assert.equal(code, 64, args.join(' '));
      assert.equal(stdout, '');
    }
    assert.equal((await setup(['--yes', '--no-start', '--operator', 'nobody'])).code, 64);
  });

  it('outlives a rotation of the encryption key, a backup and its restore, which ends sessions', async () => {
    const secret = await onHost(async (host) => {
      const [operator] = await host.store.operators.list();
      assert.ok(operator);
      await host.store.managedHosts.insert({
        id: host.codes.newRowId(1),
        revision: 1,
        name: 'other',
        url: 'https://auth.example.com',
        serverSecret: 'secret of the other',
        privateAllowed: false,
        createdAt: 1,
        updatedAt: 1,
      });
      return (await openSession(host, operator, PLACE)).secret;
    });
    const rotated = await setup(['--rotate-encrypt-key', '--yes'], { ENCRYPT_KEY_NEW: 'x' });
    assert.equal(rotated.code, 0, rotated.stderr);
    const file = join(folder, 'host.backup');
    const backup = await setup(['--backup', file], BACKUP_PASS);
    assert.equal(backup.code, 0, backup.stderr);
    const restored = join(folder, 'restored');
    const restore = await setup(['--restore', file], BACKUP_PASS, restored);
    assert.equal(restore.code, 0, restore.stderr);
    const signedIn = (host: OpenHost) => findSession(host, secret, { extends: false });
    assert.ok(await onHost(signedIn));
    await onHost(async (host) => {
      assert.equal(await signedIn(host), undefined);
      assert.deepEqual(
        (await host.store.operators.list()).map(({ email, role }) => [email, role]),
        [[EMAIL, 'owner']],
      );
      const [other] = await host.store.managedHosts.list();
      assert.equal(other?.serverSecret, 'secret of the other');
      const { rows } = await host.store.audit.list({ operatorId: SETUP.operator.id }, { limit: 50 });
      assert.ok(rows.some(({ action }) => action === 'inviteOperator'));
    }, restored);
    const kept = join(folder, 'kept');
    const moved = await setup(['--restore', file, '--keep-sessions'], BACKUP_PASS, kept);
    assert.equal(moved.code, 0, moved.stderr);
    assert.ok(await onHost(signedIn, kept));
  });
});
