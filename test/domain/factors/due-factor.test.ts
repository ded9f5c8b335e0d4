import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dueFactor } from '../../../server/domain/factors/due-factor.ts';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { anApp, aUser } from '../../support/records.ts';

describe('when a second factor is due (contract §3.3)', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost({ routes: [] });
  });
  after(() => host.stop());

  const totp: Partial<User> = { twoFactorTotp: true, totpSecret: 'A'.repeat(32) };
  const phone: Partial<User> = { twoFactorPhone: true, phone: '+15551234567', phoneVerified: true };
  const unverified: Partial<User> = { twoFactorPhone: true, pendingPhone: '+15551234567' };
  const table: [App['twoFactorVerification'], string, Partial<User>, 'totp' | 'phone' | undefined][] = [
    ['none', 'both', { ...totp, ...phone }, undefined],
    ['google', 'none', {}, undefined],
    ['google', 'TOTP', totp, 'totp'],
    ['google', 'phone', phone, 'phone'],
    ['google', 'both', { ...totp, ...phone }, 'totp'],
    ['google', 'phone without a verified number', unverified, undefined],
    ['phone', 'none', {}, undefined],
    ['phone', 'TOTP', totp, 'totp'],
    ['phone', 'phone', phone, 'phone'],
    ['phone', 'both', { ...totp, ...phone }, 'phone'],
    ['phone', 'phone without a verified number, and TOTP', { ...totp, ...unverified }, 'totp'],
  ];
  for (const [mode, flags, settings, due] of table) {
    it(`mode ${mode}, ${flags} on: ${due ?? 'nothing'}`, () => {
      const user = aUser({
        twoFactorPhone: false,
        twoFactorTotp: false,
        phoneVerified: false,
        ...settings,
      });
      assert.equal(dueFactor(host.deps, anApp({ twoFactorVerification: mode }), user), due);
    });
  }
  it('no factor that cannot be asked for: phone without a texter', () => {
    const texter = { ...host.deps.texter, available: () => false };
    const user = aUser({ ...phone, twoFactorTotp: false });
    assert.equal(dueFactor({ texter }, anApp({ twoFactorVerification: 'phone' }), user), undefined);
  });
});
