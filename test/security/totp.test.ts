import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { qrCodes } from '../../server/security/qr-code.ts';
import { totp } from '../../server/security/totp.ts';
import { authenticatorCode } from '../support/authenticator.ts';

/** Base32 of the RFC's `12345678901234567890`. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const NOW = Date.UTC(2026, 0, 15, 12, 0, 10);
const STEP = Math.floor(NOW / 30_000);
const check = (code: string, options: { secret?: string; now?: number; afterStep?: number } = {}) =>
  totp.verify({ secret: SECRET, code, now: NOW, afterStep: undefined, ...options });

describe('TOTP', () => {
  it('agrees with RFC 6238 appendix B', async () => {
    const vectors: [seconds: number, code: string][] = [
      [59, '287082'],
      [1_111_111_109, '081804'],
      [1_111_111_111, '050471'],
      [1_234_567_890, '005924'],
      [2_000_000_000, '279037'],
      [20_000_000_000, '353130'],
    ];
    for (const [seconds, code] of vectors) {
      assert.equal(await check(code, { now: seconds * 1000 }), Math.floor(seconds / 30));
    }
  });

  it('takes the code of 30 s ago and of 30 s ahead, not of 90 s', async () => {
    const at = (shift: number) => check(authenticatorCode(SECRET, NOW + shift));
    assert.deepEqual(await Promise.all([-30_000, 0, 30_000].map(at)), [STEP - 1, STEP, STEP + 1]);
    assert.deepEqual(await Promise.all([-90_000, -60_000, 60_000, 90_000].map(at)), Array(4).fill(undefined));
  });

  it('takes each step once, and none before the last one taken', async () => {
    const current = authenticatorCode(SECRET, NOW);
    assert.equal(await check(current, { afterStep: STEP - 1 }), STEP);
    assert.equal(await check(current, { afterStep: STEP }), 'replayed');
    assert.equal(await check(authenticatorCode(SECRET, NOW - 30_000), { afterStep: STEP }), 'replayed');
    assert.equal(await check(authenticatorCode(SECRET, NOW + 30_000), { afterStep: STEP }), STEP + 1);
  });

  it('revives nothing when the clock is set back', async () => {
    const later = STEP + 120;
    assert.equal(await check(authenticatorCode(SECRET, NOW), { afterStep: later }), 'replayed');
    assert.equal(await check('000000', { afterStep: later }), undefined);
  });

  it('tells a wrong code from a replayed one', async () => {
    const wrong = authenticatorCode(SECRET, NOW) === '123456' ? '123457' : '123456';
    assert.equal(await check(wrong, { afterStep: STEP }), undefined);
  });

  it('answers undefined to whatever is no code or no secret, and never throws', async () => {
    const current = authenticatorCode(SECRET, NOW);
    const odd = [
      '',
      '1',
      '12345',
      '1234567',
      'abcdef',
      '１２３４５６',
      `${current}\n`,
      ` ${current}`,
      '-12345',
      '1e5',
    ];
    for (const code of odd) assert.equal(await check(code), undefined, code);
    for (const secret of [
      '',
      '0',
      'GEZDGNBV',
      'GEZDGNBVGY3TQOJQGEZDGNBV',
      'ä'.repeat(32),
      'A'.repeat(500),
      '1'.repeat(32),
    ]) {
      assert.equal(await check(current, { secret }), undefined, secret);
    }
    for (const now of [0, -1, Number.NaN]) assert.equal(await check('123456', { now }), undefined);
    for (const afterStep of [-1, 1.5, Number.NaN]) await check(current, { afterStep });
  });

  it('reads secrets as an old installation shows them', async () => {
    const shown = 'gezd gnbv gy3t qojq gezd gnbv gy3t qojq';
    assert.equal(await check(authenticatorCode(SECRET, NOW), { secret: shown }), STEP);
    assert.equal(await check(authenticatorCode(SECRET, NOW), { secret: `${SECRET}====` }), STEP);
  });

  it('knows which imported secrets can be used', () => {
    for (const secret of [SECRET, SECRET.toLowerCase(), 'A'.repeat(26), totp.newSecret()]) {
      assert.equal(totp.isUsable(secret), true, secret);
    }
    for (const secret of ['', 'A'.repeat(25), 'not base32!', '18'.repeat(16)]) {
      assert.equal(totp.isUsable(secret), false, secret);
    }
  });

  it('makes secrets of 160 random bits in base32', () => {
    const secrets = Array.from({ length: 100 }, () => totp.newSecret());
    for (const secret of secrets) assert.match(secret, /^[A-Z2-7]{32}$/);
    assert.equal(new Set(secrets).size, 100);
  });

  const uriOf = (issuer: string, handle = 'ada+x@example.com') =>
    totp.uri({ issuer, handle, secret: SECRET });

  it('writes the provisioning URI of contract §3.3, escaped', () => {
    assert.equal(
      uriOf('My App & 1'),
      `otpauth://totp/My%20App%20%26%201:ada%2Bx%40example.com?secret=${SECRET}&issuer=My%20App%20%26%201&algorithm=SHA1&digits=6&period=30`,
    );
  });

  it('has no colon but the one between issuer and account, as the Key URI format demands', () => {
    for (const [issuer, shown] of [
      ['Acme: Sign-in', 'Acme Sign-in'],
      ['Acme:Sign-in', 'Acme Sign-in'],
      [':Acme::', 'Acme'],
      ['a\r\nb\u0000c\u0085d', 'a b c d'],
      ['\uD800x', '\uFFFDx'],
    ] as const) {
      const uri = new URL(uriOf(issuer, 'a:b@example.com'));
      assert.equal(uri.pathname, `/${encodeURIComponent(shown)}:a%20b%40example.com`, issuer);
      assert.equal(uri.searchParams.get('issuer'), shown);
      assert.doesNotMatch(uri.href, /%3A|%0[0-9A-F]|%1[0-9A-F]|%7F/i);
    }
  });

  it('leaves out an issuer of which nothing is left', () => {
    const uri = new URL(uriOf(' :: '));
    assert.deepEqual([uri.pathname, uri.searchParams.get('issuer')], ['/ada%2Bx%40example.com', null]);
  });

  it('stays short enough for a picture, whatever the names are', async () => {
    for (const letter of ['a', 'ä', '界', '😀', '%', ' :']) {
      const uri = uriOf(letter.repeat(1024), `${letter.repeat(240)}@example.com`);
      assert.ok(uri.length <= 800, `${letter}: ${uri.length}`);
      assert.ok(decodeURIComponent(uri).isWellFormed());
      const png = Buffer.from(await qrCodes.png(uri), 'base64');
      const width = png.readUInt32BE(16);
      assert.ok(width <= 700, `${letter}: ${width} pixels`);
    }
  });

  it('keeps every address of letters and digits whole', () => {
    const handle = `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.com`;
    assert.ok(uriOf('My App', handle).includes(`My%20App:${encodeURIComponent(handle)}?`));
  });
});
