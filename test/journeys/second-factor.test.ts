import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { assertRefused, assertTokens, assertTrue } from '../support/appuser-client.ts';
import { authenticatorCode, otherCode } from '../support/authenticator.ts';
import { codeIn } from '../support/mailbox.ts';
import { readQrCode } from '../support/qr-reader.ts';
import { type ClientKind, type ShippedClient, sentPassword } from '../support/shipped-clients.ts';
import { type MadeApp, type Stage, startStage } from './stage.ts';

const password = sentPassword('A guarded account 1');
const OWN_TWILIO = {
  TWILIOAccountSid: 'AC0123456789abcdef0123456789abcdef',
  TWILIOToken: 'token-of-the-app',
  TWILIOPhoneNumber: '+15550004444',
};
const GOOGLE = { twoFactorVerification: 'google', googleAPP_NAME: 'Jojo & Söhne' };
const PHONE = { twoFactorVerification: 'phone', ...OWN_TWILIO };
const STEP_MS = 30_000;

describe('a second factor', () => {
  let stage: Stage;
  before(async () => {
    stage = await startStage();
  });
  after(() => stage?.stop());

  async function joined(kind: ClientKind, app: MadeApp, handle: string): Promise<ShippedClient> {
    const phone = stage.install(kind, app);
    assertTokens(await phone.post('signup', { handle, password }));
    return phone;
  }
  const appWith = (name: string, twoFactorVerification: object) =>
    stage.makeApp(name, { signupFlow: 'none', twoFactorVerification });
  /** The first step: a right password is answered by a login token and nothing else. */
  async function challenged(phone: ShippedClient, handle: string): Promise<string> {
    const { status, body } = await phone.post('login', { handle, password });
    assert.deepEqual([status, Object.keys(body)], [200, ['login-token']]);
    return body['login-token'];
  }

  for (const kind of ['swift', 'react'] as const) {
    it(`an authenticator app, from ${kind}: enrolled by QR code, due at log-in, no code works twice`, async () => {
      const app = await appWith(`Google ${kind}`, GOOGLE);
      const handle = `ada+${kind}@example.com`;
      const phone = await joined(kind, app, handle);
      const enrolled = await phone.post('setTwoFactorGoogleVerification', { twoFactor: true });
      assert.equal(enrolled.status, 200);
      const { googleSecretKey, QRDataImage, recoveryCodes } = enrolled.body;
      assert.match(googleSecretKey, /^(?:[a-z2-7]{4} ){7}[a-z2-7]{4}$/);
      const scanned = new URL(
        readQrCode(Buffer.from(QRDataImage.replace('data:image/png;base64,', ''), 'base64')),
      );
      assertProvisions(scanned, { issuer: 'Jojo & Söhne', handle });
      const secret = String(scanned.searchParams.get('secret'));
      assert.equal(secret, googleSecretKey.replaceAll(' ', '').toUpperCase());

      const mail = await stage.mailTo(handle, /two-step login/);
      assert.ok(mail.text.includes(googleSecretKey));
      const [picture] = mail.attachments;
      assert.deepEqual([picture?.filename, picture?.contentType], ['QRCode.png', 'image/png']);
      assert.equal(picture && readQrCode(picture.content), scanned.href);
      assert.equal((await phone.get('getUser')).body.twoFactorGoogleVerification, true);

      const laptop = stage.install(kind, app);
      assertRefused(await laptop.post('login', { handle, password: sentPassword('wrong') }), 600);
      const loginToken = await challenged(laptop, handle);
      const code = authenticatorCode(secret, Date.now());
      assertRefused(await laptop.post('loginComplete', { loginToken, code: otherCode(code) }), 600);
      assertTokens(await laptop.post('loginComplete', { loginToken, code }));
      assertRefused(await laptop.post('loginComplete', { loginToken, code }), 600);
      const replay = { loginToken: await challenged(laptop, handle), code };
      assertRefused(await laptop.post('loginComplete', replay), 600);

      assert.equal(new Set(recoveryCodes).size, 10);
      const lost = { loginToken: replay.loginToken, code: recoveryCodes[3] };
      assertTokens(await laptop.post('loginComplete', lost));
      const spent = { loginToken: await challenged(laptop, handle), code: recoveryCodes[3] };
      assertRefused(await laptop.post('loginComplete', spent), 600);
      const next = authenticatorCode(secret, Date.now() + STEP_MS);
      assertTokens(await laptop.post('loginComplete', { ...spent, code: next }));

      assertTrue(await laptop.post('setTwoFactorGoogleVerification', { twoFactor: false }));
      await stage.mailTo(handle, /has changed/);
      assertTokens(await laptop.post('login', { handle, password }));
    });
  }

  it('a verified phone, through the Twilio account of the app: a text message at every log-in', async () => {
    const app = await appWith('Phone', PHONE);
    const handle = 'ada@example.com';
    const number = '+15551112222';
    const phone = await joined('swift', app, handle);
    assertRefused(await phone.post('setTwoFactorPhoneVerification', { twoFactor: true }), 410);
    assertTrue(await phone.post('setPhone', { phone: number }));
    const first = await stage.textTo(number);
    assert.deepEqual(
      [first.from, first.account, first.login],
      [
        OWN_TWILIO.TWILIOPhoneNumber,
        OWN_TWILIO.TWILIOAccountSid,
        `${OWN_TWILIO.TWILIOAccountSid}:${OWN_TWILIO.TWILIOToken}`,
      ],
    );
    const verification = codeIn(first.body);
    assertRefused(await phone.post('verifyPhone', { code: otherCode(verification) }), 602);
    assertTrue(await phone.post('verifyPhone', { code: verification }));
    assertTrue(await phone.post('setTwoFactorPhoneVerification', { twoFactor: true }));
    const user = (await phone.get('getUser')).body;
    assert.deepEqual([user.phone, user.phoneVerified, user.twoFactorPhoneVerification], [number, true, true]);

    const laptop = stage.install('kotlin', app);
    const early = {
      loginToken: await challenged(laptop, handle),
      code: codeIn((await stage.textTo(number)).body),
    };
    const loginToken = await challenged(laptop, handle);
    const code = codeIn((await stage.textTo(number)).body);
    assertRefused(await laptop.post('loginComplete', early), 600);
    assertTokens(await laptop.post('loginComplete', { loginToken, code }));
    assertRefused(await laptop.post('loginComplete', { loginToken, code }), 600);

    const rival = await joined('react', app, 'eve@example.com');
    assertRefused(await rival.post('setPhone', { phone: number }), 412);
  });

  it('a number in another spelling is the same number; what is no number is refused', async () => {
    const app = await appWith('Spellings', PHONE);
    const ada = await joined('react', app, 'ada@example.com');
    assertTrue(await ada.post('setPhone', { phone: '+44 20 7946 0958' }));
    const code = codeIn((await stage.textTo('+442079460958')).body);
    assertTrue(await ada.post('verifyPhone', { code }));
    assert.equal((await ada.get('getUser')).body.phone, '+442079460958');
    assertRefused(await ada.post('setPhone', { phone: '12' }), 602);
  });

  it('only in the mode the app has, and off again with the mode', async () => {
    const app = await stage.makeApp('Modes', { signupFlow: 'none' });
    const handle = 'ada@example.com';
    const phone = await joined('swift', app, handle);
    assertRefused(await phone.post('setTwoFactorGoogleVerification', { twoFactor: true }), 408);
    assertRefused(await phone.post('setTwoFactorPhoneVerification', { twoFactor: true }), 409);
    assertRefused(await phone.post('setPhone', { phone: '+15551112222' }), 409);
    await stage.set(app, 'twoFactorVerification', GOOGLE);
    assert.equal((await phone.post('setTwoFactorGoogleVerification', { twoFactor: true })).status, 200);
    await challenged(phone, handle);
    await stage.set(app, 'twoFactorVerification', { twoFactorVerification: 'none' });
    assertTokens(await phone.post('login', { handle, password }));
  });

  it('survives a forgotten password: the new one alone does not open the account', async () => {
    const app = await appWith('Forgotten', GOOGLE);
    const handle = 'ada@example.com';
    const phone = await joined('swift', app, handle);
    const { googleSecretKey } = (await phone.post('setTwoFactorGoogleVerification', { twoFactor: true }))
      .body;
    assertTrue(await phone.post('forgotPassword', { handle }));
    const code = codeIn((await stage.mailTo(handle, /^Reset/)).text);
    assertTrue(await phone.post('resetPassword', { handle, password, code }));
    const loginToken = await challenged(phone, handle);
    const totp = authenticatorCode(googleSecretKey, Date.now());
    assertTokens(await phone.post('loginComplete', { loginToken, code: totp }));
  });
});

/** Contract §3.3: what the authenticator app takes from the picture. */
function assertProvisions(uri: URL, { issuer, handle }: { issuer: string; handle: string }): void {
  const label = `/${encodeURIComponent(issuer)}:${encodeURIComponent(handle)}`;
  assert.deepEqual([uri.protocol, uri.host, uri.pathname], ['otpauth:', 'totp', label]);
  const { secret, ...parameters } = Object.fromEntries(uri.searchParams);
  assert.match(String(secret), /^[A-Z2-7]{32}$/);
  assert.deepEqual(parameters, { issuer, algorithm: 'SHA1', digits: '6', period: '30' });
}
