import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { describeOnBothStores } from '../support/both-stores.ts';
import type { Answer } from '../support/host.ts';
import { startSendGrid } from '../support/provider-servers.ts';
import { callPortal, inputOf, type PortalStage, portalStage } from './portal-stage.ts';
import { assertPortalSuccess } from './portal-success.ts';
import {
  assertCode,
  assertFails,
  type ContractRoute,
  MESSAGES,
  type Parameter,
  ROUTES,
  routeKey,
} from './table.ts';

const PORTAL = ROUTES.filter(({ credential }) => credential === 'server');
/** The export of the whole host first, while there are few apps. */
const LIVE = PORTAL.filter(({ retired }) => !retired).toReversed();
const SCOPE_400 = [
  'POST /api/app',
  'POST /api/app/update',
  'POST /api/app/deleteMetadata',
  'DELETE /api/app/:appId',
];
const LOWER_CASE = ['/api/app/addRemoveAppLocale', '/api/app/reset', '/api/app/importDatabase'];
const STRANGE_ID = 'f'.repeat(32);
/** Uploads have tests of their own. */
const isUpload = ({ method, path }: ContractRoute) =>
  path === '/api/app/importDatabase' || (method === 'POST' && path === '/api/app/import');

/**
 * What an app nobody knows is told (contract §4.6); a number: that status in the Fails form. Absent: the
 * route does not look.
 */
const UNKNOWN_APP: Record<string, number | { code: number; status: number }> = {
  'GET /api/app/appId/:appId': 403,
  'POST /api/app/removeAppSignup': 403,
  'POST /api/app/update': 400,
  'POST /api/app/deleteMetadata': 400,
  'POST /api/app/user': 403,
  'POST /api/app/resetUserPassword': 403,
  'GET /api/app/user': 403,
  'POST /api/app/updateUser': 403,
  'POST /api/app/unlockUser': 403,
  'POST /api/app/endSessions': 403,
  'POST /api/app/disableSecondFactor': 403,
  'POST /api/app/sendPasswordReset': 403,
  'POST /api/app/updateAppUserMetaData': 400,
  'POST /api/app/updateAppSetting': 400,
  'POST /api/app/settings': 403,
  'GET /api/app/keys': 403,
  'POST /api/app/testEmailExtension': 400,
  'POST /api/app/testAppTwilio': 400,
  'POST /api/app/addUser': { code: 401, status: 403 },
  'POST /api/app/removeUser': 403,
  'GET /api/app/logs': 403,
  'GET /api/app/users': 403,
  'GET /api/app/signups': 403,
  'GET /api/app/invites': 403,
  'GET /api/app/stat': 403,
  'GET /api/app/figures': 403,
  'GET /api/app/inviters': 403,
  'GET /api/app/emailTemplates': 403,
  'POST /api/app/addRemoveAppLocale': 403,
  'POST /api/app/updateEmailTemplate': 403,
  'POST /api/app/resetTemplate': 403,
  'POST /api/app/sendTestMessage': 403,
  'POST /api/host/testMail': 400,
  'POST /api/host/testSms': 400,
  'POST /api/app/updateAppMetaData': 400,
  'POST /api/app/createAppInvite': { code: 401, status: 400 },
  'POST /api/app/resendAppInvite': 403,
  'POST /api/app/removeAppInvite': 403,
  'POST /api/app/updateAppInviteMetaData': 400,
  'POST /api/app/reset': 400,
  'GET /api/app/export': 400,
  'POST /api/app/verifyToken': 400,
  'POST /api/app/sampleToken': 400,
  'POST /api/app/tryIdentityToken': 400,
  'POST /api/app/confirmSignup': 403,
  'POST /api/app/resendSignup': 403,
  'POST /api/app/inviteMany': 403,
  'POST /api/app/bulk': 403,
  'GET /api/app/jobs': 403,
  'GET /api/app/assets': 403,
  'POST /api/app/removeAssets': 403,
  'POST /api/app/testStorage': 403,
};
/** Rows and handles of one app asked for under another app's id (contract §8 S26). */
const FOREIGN: Record<string, number> = {
  'POST /api/app/sampleToken': 400,
  'POST /api/app/removeAppSignup': 403,
  'POST /api/app/user': 403,
  'POST /api/app/resetUserPassword': 403,
  'GET /api/app/user': 403,
  'POST /api/app/updateUser': 403,
  'POST /api/app/unlockUser': 403,
  'POST /api/app/endSessions': 403,
  'POST /api/app/disableSecondFactor': 403,
  'POST /api/app/sendPasswordReset': 403,
  'POST /api/app/updateAppUserMetaData': 400,
  'POST /api/app/removeUser': 403,
  'POST /api/app/updateEmailTemplate': 403,
  'POST /api/app/resendAppInvite': 403,
  'POST /api/app/removeAppInvite': 403,
  'POST /api/app/confirmSignup': 400,
  'POST /api/app/resendSignup': 400,
  'POST /api/app/removeAssets': 400,
};
/** What an app that is not active is told; every other route works for it (P6, P14). */
const INACTIVE: Record<string, number | { code: number; status: number }> = {
  'POST /api/app/addUser': { code: 402, status: 403 },
  'POST /api/app/updateEmailTemplate': 403,
  'POST /api/app/createAppInvite': { code: 402, status: 400 },
  'POST /api/app/removeAppInvite': 403,
  'POST /api/app/superUserToken': 400,
  'POST /api/app/confirmSignup': 403,
  'POST /api/app/resendSignup': 403,
  'POST /api/app/inviteMany': 403,
};
const STOPPED: readonly App['status'][] = ['inactive', 'suspended', 'blocked'];
const INDEPENDENT = ['POST /api/app', 'POST /api/app/remoteNotification'];

/** Values that are not of the type the table gives, or of the few values the contract allows. */
function mistyped(route: ContractRoute, { name, type, in: place }: Parameter): unknown[] {
  if (place === 'query') return type === 'date' ? ['yesterday'] : [];
  const setting = route.path === '/api/app/updateAppSetting';
  if (type === 'array' || type === 'array of string') return [{ 0: 'EN' }, 'text', 7];
  if (type === 'object') return [['a'], 'text', 7];
  if (type === 'boolean') return setting ? ['true', 1, ['x']] : ['perhaps', ['x'], { a: 1 }];
  if (type === 'integer' || type === 'number') return [-1, {}, ['1'], 'many'];
  if (type === 'string|number') return [{}, [1], 'x'];
  // Numbers, flags and lists in their own form are taken as well (P8).
  if (route.path === '/api/app/update' && name !== 'appId' && name !== 'name') return [{ a: 1 }, 'neither'];
  return [7, ['x'], { $gt: '' }];
}

const mail = await startSendGrid();
after(() => mail.stop());

describeOnBothStores(
  'every route of /api/app',
  (host) => {
    let kept: Promise<PortalStage> | undefined;
    /** One stage for calls that change nothing. */
    const unchanged = () => {
      kept ??= portalStage(host());
      return kept;
    };
    const word = ({ path }: ContractRoute) => (LOWER_CASE.includes(path) ? 'fails' : 'Fails');
    const refused = (
      route: ContractRoute,
      answer: Answer,
      told: number | { code: number; status: number },
    ) => {
      if (typeof told === 'number') assertFails(answer, { status: told, word: word(route) }, routeKey(route));
      else assertCode(answer, told.code, routeKey(route), told.status);
    };

    for (const route of PORTAL) {
      const key = routeKey(route);
      const scope = SCOPE_400.includes(key) ? 400 : 403;
      describe(key, () => {
        it('refuses who has no server secret, an app token, an access token or a wrong secret', async () => {
          const app = await host().createApp();
          const user = await host().createUser(app);
          const accessToken = await host().accessToken(app, user);
          const input = { appId: app.id };
          const others: Record<string, string>[] = [
            {},
            { 'app-token': app.appToken },
            { 'access-token': accessToken },
          ];
          for (const headers of others) {
            const answer = await callPortal(host(), route, input, { 'server-secret': '', ...headers });
            assertFails(answer, { status: scope, message: 'Invalid Data' }, Object.keys(headers).join());
          }
          for (const secret of ['x.y.z', app.appToken, accessToken, `${host().serverSecret}x`]) {
            assertCode(
              await callPortal(host(), route, input, { 'server-secret': secret }),
              500,
              secret.slice(0, 9),
            );
          }
        });
      });
    }

    for (const route of PORTAL.filter(({ retired }) => retired)) {
      const name = route.path.slice('/api/app/'.length);
      it(`tells that ${name} is retired, whatever else it is given`, async () => {
        const message = `MongoDB App Services reached end of life on 2025-09-30; ${name} is no longer available.`;
        for (const input of [{}, { appId: STRANGE_ID }, { appId: 7, schema: [] }]) {
          assertFails(await callPortal(host(), route, input), { status: 400, message }, name);
        }
      });
    }

    for (const route of LIVE.filter((each) => !isUpload(each))) {
      const key = routeKey(route);
      describe(key, () => {
        it('answers what the contract says', async () => {
          const stage = await portalStage(host());
          const answer = await callPortal(host(), route, inputOf(route, stage));
          if (key === 'POST /api/app/remoteNotification')
            assertFails(answer, { status: 400 }, 'no push provider');
          else assertPortalSuccess(route, stage, answer);
        });

        const body = route.params.filter((parameter) => parameter.in !== 'path');
        if (body.length > 0) {
          it('refuses parameters that are missing, empty or of the wrong type with 400', async () => {
            const stage = await unchanged();
            const input = inputOf(route, stage);
            const wrong: Record<string, unknown>[] = body.flatMap((parameter) =>
              mistyped(route, parameter).map((value) => ({
                ...input,
                ...settingOf(route, parameter),
                [parameter.name]: value,
              })),
            );
            for (const { name, required } of body) {
              // A handle alone names a signup (P6).
              if (!required || (name === '_id' && route.path.endsWith('removeAppSignup'))) continue;
              const { [name]: _, ...rest } = input;
              wrong.push(rest, { ...rest, [name]: '' });
            }
            for (const each of wrong) {
              const answer = await callPortal(host(), route, each);
              assert.deepEqual(
                [answer.status, String(answer.body.status).toLowerCase(), typeof answer.body.message],
                [400, 'fails', 'string'],
                `${JSON.stringify(each)}: ${answer.text}`,
              );
            }
          });
        }

        const unknown = UNKNOWN_APP[key];
        if (unknown !== undefined) {
          it('refuses an unknown app', async () => {
            const stage = await unchanged();
            const answer = await callPortal(host(), route, { ...inputOf(route, stage), appId: STRANGE_ID });
            refused(route, answer, unknown);
            const aboutUser = key === 'POST /api/app/user';
            if (typeof unknown === 'number' && !aboutUser) assert.equal(answer.body.message, MESSAGES[401]);
          });
        }

        const foreign = FOREIGN[key];
        if (foreign !== undefined) {
          it("does not find another app's rows", async () => {
            const stage = await portalStage(host());
            const answer = await callPortal(host(), route, {
              ...inputOf(route, stage),
              appId: stage.other.id,
            });
            refused(route, answer, foreign);
            const still = await callPortal(host(), route, inputOf(route, stage));
            assertPortalSuccess(route, stage, still);
          });
        }

        if (route.params.some(({ name }) => name === 'appId') && !INDEPENDENT.includes(key)) {
          it('knows what it may do to an app that is not active', async () => {
            const status = STOPPED[LIVE.indexOf(route) % STOPPED.length];
            const stage = await portalStage(host(), status);
            const answer = await callPortal(host(), route, inputOf(route, stage));
            const told = INACTIVE[key];
            if (told === undefined) assertPortalSuccess(route, stage, answer);
            else refused(route, answer, told);
          });
        }
      });
    }

    it('answers false for an unknown app to delete, and nothing found to searches', async () => {
      assert.equal((await host().portal('DELETE', `/api/app/${STRANGE_ID}`)).text, 'false');
      for (const search of ['searchUser', 'searchSingUp', 'searchInvite']) {
        const answer = await host().portal('GET', `/api/app/${search}?appId=${STRANGE_ID}&value=a`);
        assert.deepEqual([answer.status, answer.text], [200, '[]'], search);
      }
    });

    it('refuses an upload without a name or a file', async () => {
      const headers = { 'content-type': 'multipart/form-data; boundary=b' };
      const part = '--b\r\nContent-Disposition: form-data; name="appName"\r\n\r\nX\r\n--b--\r\n';
      for (const raw of [part, '--b--\r\n']) {
        const answer = await host().portal('POST', '/api/app/importDatabase', { headers, raw });
        assert.deepEqual([answer.status, String(answer.body.status).toLowerCase()], [400, 'fails']);
      }
    });
  },
  { config: { sendGridUrl: mail.url } },
);

/** The setting a value field of `updateAppSetting` belongs to (contract §4.3). */
function settingOf({ path }: ContractRoute, { name }: Parameter): Record<string, unknown> {
  if (path !== '/api/app/updateAppSetting' || name === 'appId' || name === 'setting') return {};
  if (name.startsWith('passwordMin')) return { setting: 'passwordSetting' };
  if (name.startsWith('emailExtension') && name !== 'emailExtension') {
    return {
      setting: 'emailExtensionAPIKey',
      emailExtensionAPIKey: 'k',
      emailExtensionSenderEmail: 'me@example.com',
    };
  }
  if (name === 'googleAPP_NAME') return { setting: 'twoFactorVerification', twoFactorVerification: 'google' };
  if (name.startsWith('TWILIO')) {
    const account = { TWILIOAccountSid: 'AC1', TWILIOToken: 't', TWILIOPhoneNumber: '+15550001234' };
    return { setting: 'twoFactorVerification', twoFactorVerification: 'phone', ...account };
  }
  return { setting: SETTING_NAMES[name] ?? name };
}
const SETTING_NAMES: Record<string, string> = {
  invitationEnabled: 'invite',
  anonymousLoginEnabled: 'anonLogin',
  signupEnabled: 'signup',
  appleLoginEnabled: 'appleLogin',
  googleLoginEnabled: 'googleLogin',
};
