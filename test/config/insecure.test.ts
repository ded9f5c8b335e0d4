import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { insecureSettings } from '../../server/config/insecure.ts';
import { buildConfig } from '../../server/config/load.ts';
import { startHostProcess } from '../support/host-process.ts';

const STRONG = 'correct horse battery staple';

describe('settings that are no good in the open', () => {
  const settings = { PASS_KEY: STRONG, ENCRYPT_KEY: STRONG, SMTP_URL: 'smtp://mail.example' };
  const named = (more: Record<string, string>, bits = 3072) =>
    insecureSettings(buildConfig({ ...settings, ...more }, { production: false, keysExpected: false }), bits);

  it('are a plain public address, an outbox as mailer, clear personal data and a small host key', () => {
    assert.deepEqual(named({ API_URL: 'https://auth.example', TRUST_PROXY_HOPS: '1' }), []);
    assert.deepEqual(named({ API_URL: 'https://auth.example' }), ['TRUST_PROXY_HOPS']);
    assert.deepEqual(named({ API_URL: 'http://localhost:3000' }), []);
    assert.deepEqual(named({ API_URL: 'http://auth.example' }), ['API_URL']);
    assert.deepEqual(named({ MAIL: 'outbox' }), ['MAIL']);
    assert.deepEqual(named({ ENCRYPT_USER_DATA: 'false' }), ['ENCRYPT_USER_DATA']);
    assert.deepEqual(named({}, 2048), ['PRIVATE_KEY_FILE']);
    assert.deepEqual(named({}, 4096), []);
  });

  it('are the address of a provider in plain http, but on this machine', () => {
    const providers = [
      'SEND_GRID_URL',
      'TWILIO_URL',
      'APPLE_ISSUER',
      'APPLE_JWKS_URL',
      'GOOGLE_ISSUER',
      'GOOGLE_JWKS_URL',
    ];
    for (const name of providers) {
      assert.deepEqual(named({ [name]: 'http://provider.example/x' }), [name]);
      for (const address of [
        'https://provider.example',
        'http://localhost:1',
        'http://127.0.0.1:1',
        'http://[::1]:1',
      ])
        assert.deepEqual(named({ [name]: address }), []);
    }
  });

  it('are a pass phrase or key that is short, published or no secret at all', () => {
    const weak = ['a', 'jojo123', '15 characters..', 'x'.repeat(40), '1212'.repeat(9)];
    const published = ['your private/public key password', 'your AES Encryption key'];
    for (const secret of [...weak, ...published]) {
      assert.deepEqual(named({ PASS_KEY: secret }), ['PASS_KEY'], secret);
      assert.deepEqual(named({ ENCRYPT_KEY: secret }), ['ENCRYPT_KEY'], secret);
    }
    for (const secret of ['16 characters...', STRONG]) assert.deepEqual(named({ PASS_KEY: secret }), []);
  });

  it('are logged at every start, each once', async () => {
    const host = startHostProcess();
    await host.listening;
    const logged = host.lines.filter(({ event }) => event === 'insecure_setting');
    assert.deepEqual(
      logged.map(({ setting }) => setting),
      ['MAIL', 'PRIVATE_KEY_FILE'],
    );
    await host.stop();
  });
});
