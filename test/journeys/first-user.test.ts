import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { appClient, assertTokens, assertTrue, userClient } from '../support/appuser-client.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import { PASSWORD, type TestHost } from '../support/host.ts';
import { codeOf } from '../support/outbox.ts';

const STRONG = '0123456789abcdef0123456789abcdef';

describeOnBothStores('from nothing to a verified user', (host: () => TestHost) => {
  /** An app made by the portal, as its client knows it. */
  async function madeByPortal(name: string, signupFlow: 'code' | 'link') {
    const made = await host().portal('POST', '/api/app', { json: { name } });
    assert.equal(made.status, 200, made.text);
    const { appId, appToken } = made.body;
    const json = { appId, setting: 'signupFlow', signupFlow };
    const set = await host().portal('POST', '/api/app/updateAppSetting', { json });
    assert.equal(set.status, 200, set.text);
    const app = await host().deps.store.apps.find(appId);
    assert.ok(app);
    assert.equal(app.signupFlow, signupFlow);
    return { app, appId: String(appId), appToken: String(appToken) };
  }
  const lastMail = async (appId: string, message: string) => {
    const mail = (await host().outbox()).findLast((line) => line.appId === appId && line.message === message);
    assert.ok(mail, `a mail ${message}`);
    return mail;
  };

  /** What any other system does with a user JWT: it knows the issuer only. */
  async function verifiedByStranger(jwt: string, issuer: string) {
    const path = new URL(issuer).pathname;
    const discovery = await host().request('GET', `${path}/.well-known/openid-configuration`);
    assert.equal(discovery.body.issuer, issuer);
    const keys = createRemoteJWKSet(new URL(discovery.body.jwks_uri));
    const currentDate = new Date(host().clock.now());
    const options = { issuer, audience: 'none', algorithms: ['RS256'], currentDate };
    const { payload, protectedHeader } = await jwtVerify(jwt, keys, options);
    assert.ok(protectedHeader.kid);
    return payload;
  }

  for (const signupFlow of ['code', 'link'] as const) {
    it(`signs up by ${signupFlow}, logs in, reads the account and shows a JWT that strangers can verify`, async () => {
      const { app, appId } = await madeByPortal(`Journey by ${signupFlow}`, signupFlow);
      const client = appClient(host(), app);
      assert.equal((await client.get('getApplication')).body.signupFlow, signupFlow);
      const handle = 'ada+journey@example.com';
      assertTrue(await client.post('signup', { handle, password: STRONG, locale: 'EN' }));

      if (signupFlow === 'code') {
        const { code } = await lastMail(appId, 'signUp');
        assertTokens(await client.post('completeSignup', { handle, code }));
      } else {
        const mail = await lastMail(appId, 'signUpLink');
        const path = new URL(String(mail.link)).pathname;
        const page = await host().request('GET', path);
        assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
        assert.equal(
          (await client.post('login', { handle, password: STRONG })).body.code,
          608,
          'a GET spends nothing',
        );
        const confirmed = await host().request('POST', path, { form: { handle, code: codeOf(mail) } });
        assert.deepEqual([confirmed.status, confirmed.body], [200, undefined]);
        assert.equal((await host().request('GET', path)).status, 200, 'opened twice');
      }
      await lastMail(appId, 'signUpSuccess');

      const login = await client.post('login', { handle, password: STRONG });
      const user = await userClient(host(), assertTokens(login)).get('getUser');
      assert.deepEqual([user.body.handle, user.body.appId, user.body.status], [handle, appId, 'active']);

      const claims = await verifiedByStranger(login.body.jwt, `${host().deps.config.apiUrl}/apps/${appId}`);
      const stored = await host().deps.store.users.findByHandle(appId, handle);
      assert.deepEqual([claims.sub, claims.email], [stored?.uid, handle]);
      assert.equal(Number(claims.exp) - Number(claims.iat), 24 * 3600);
    });
  }

  it('refuses the commonest passwords in an app the portal made', async () => {
    const { app } = await madeByPortal('Journey of a weak password', 'code');
    const answer = await appClient(host(), app).post('signup', {
      handle: 'ada@example.com',
      password: PASSWORD,
    });
    assert.deepEqual([answer.status, answer.body.code], [400, 602]);
  });
});
