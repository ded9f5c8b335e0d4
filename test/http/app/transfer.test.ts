import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import { appClient, assertTokens, assertTrue } from '../../support/appuser-client.ts';
import { authenticatorCode } from '../../support/authenticator.ts';
import { describeOnBothStores } from '../../support/both-stores.ts';
import type { TestHost } from '../../support/host.ts';
import { anInvite, aSignup, aTemplate } from '../../support/records.ts';
import {
  comparable,
  download,
  exported,
  FILES,
  imported,
  legacyFiles,
  logOf,
  OLD_PASSWORD,
} from '../../support/transfers.ts';
import { csvOf, rowsOf, unzipped, zipOf } from '../../support/zip.ts';

const NOW = Date.UTC(2026, 0, 2);
const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** Texts that a spreadsheet, a CSV reader or a careless writer would change. */
const AWKWARD = [
  '=1+1',
  '+2',
  '-3',
  '@SUM(A1)',
  'say "hi", twice',
  'two\nlines',
  'two\r\nlines',
  '\r',
  ' 😀 ',
  "'",
  "'=1+1",
  "''-x",
  '＝1+1',
  '\t=1',
  '\ufeffx',
];

async function fullApp(host: TestHost): Promise<App> {
  const { deps } = host;
  const keys = [
    await deps.keyPairs.newAppKey(NOW),
    { ...(await deps.keyPairs.newAppKey(NOW)), state: 'next' as const },
    {
      ...(await deps.keyPairs.newAppKey(NOW)),
      state: 'previous' as const,
      replacedAt: NOW - 5,
      tokensUntil: NOW + 5,
    },
  ];
  const app = await host.createApp({
    name: `full ${deps.codes.newId()}`,
    type: 'development',
    anonymousLoginEnabled: true,
    userNamesEnabled: true,
    appleLoginEnabled: true,
    appleBundleId: 'a.b,c.d',
    googleLoginEnabled: true,
    googleClientId: '=client,2',
    emailExtension: true,
    emailExtensionApiKey: 'SG.key',
    emailExtensionSenderEmail: 'me@example.com',
    invitationEnabled: false,
    signupFlow: 'link',
    twoFactorVerification: 'google',
    twilio: { accountSid: 'AC1', token: '-token', phoneNumber: '+12025550100' },
    googleAppName: '@name "x"',
    maxUsers: 40,
    maxLoginAttempts: 7,
    passwordFilter: true,
    passwordRules: { minLength: 9, minUpper: 1, minLower: 2, minDigit: 3, minSpecial: 4 },
    userJwtExpirationHours: 1.5,
    realmAppId: 'realm',
    userJwtAudience: ['one', 'two, three'],
    appData: { any: 'thing' },
    metaData: [{ id: 'm1', path: 'a.b', fieldName: 'b', required: false, canEdit: true }],
    metaDataInvite: [{ id: 'i1', path: 'coupon', fieldName: 'coupon', required: false }],
    metaDataEmail: false,
    locales: ['EN', 'FR'],
    userIdFormat: 'handle',
    linkConfirmation: 'immediate',
    hideAccounts: true,
    refuseCommonPasswords: true,
    smsPerHour: 12,
    mailsPerHour: 340,
    smsCountries: ['DE', 'US'],
    appUrl: 'https://chess.example.com/play',
    brandColor: '#ffcc00',
    logoUrl: 'https://chess.example.com/logo.svg',
    keys,
  });
  const ofApp = { appId: app.id };
  for (const [n, text] of AWKWARD.entries()) {
    await host.createUser(app, {
      handle: `user${n}@example.com`,
      metaData: { a: { b: text } },
      lastLogin: NOW + n,
    });
    await deps.store.invites.insert(
      anInvite({ ...ofApp, handle: `guest${n}@example.com`, senderUserId: text, metaData: { coupon: text } }),
    );
  }
  await host.createUser(app, {
    handle: 'social@example.com',
    passwordHash: undefined,
    loginProvider: 'apple',
    socialUserId: '001.abc',
    userName: 'social',
    status: 'suspend',
    locale: 'FR',
  });
  await host.createUser(app, { handle: 'ANON_Mixed', passwordHash: undefined });
  await host.createUser(app, { ...FACTORS, handle: 'two@example.com' });
  await host.createUser(app, { handle: 'due@example.com', passwordHash: undefined, metadataDue: true });
  await deps.store.signups.insert(
    aSignup({ ...ofApp, handle: 'new@example.com', passwordHash: await deps.passwords.hash(OLD_PASSWORD) }),
  );
  await deps.store.templates.insertMany(
    AWKWARD.slice(0, 6).map((text, n) =>
      aTemplate({
        ...ofApp,
        locale: ['EN', 'FR', 'DE', 'DA', 'IT', 'JA'][n],
        htmlTemplate: `${text} %CODE%`,
        subject: `=${n}`,
      }),
    ),
  );
  return app;
}
const FACTORS: Partial<User> = {
  twoFactorTotp: true,
  totpSecret: SEED,
  phone: '+12025550123',
  phoneVerified: true,
};

describeOnBothStores(
  'transfer',
  (host) => {
    it('brings everything back that was exported', async () => {
      const app = await fullApp(host());
      const files = await exported(host(), app);
      const copy = await imported(host(), await zipOf(files), 'full copy');
      const again = await exported(host(), copy);
      assert.deepEqual(comparable(again), comparable(files));

      const made = ['id', 'name', 'revision', 'appToken', 'appSecret', 'createdAt', 'updatedAt', 'appData'];
      const settings = ({ keys, ...others }: App) => ({
        ...Object.fromEntries(Object.entries(others).filter(([name]) => !made.includes(name))),
        keys: keys.map(({ createdAt, ...key }) => (key.state === 'current' ? key : { ...key, createdAt })),
      });
      assert.deepEqual(settings(copy), settings(app));
      assert.deepEqual(copy.appData, {});
      assert.notEqual(copy.id, app.id);
      assert.notEqual(copy.appSecret, app.appSecret);

      const { users } = host().deps.store;
      const plain = (user: User | undefined) => ({ ...user, id: '', appId: '', revision: 0 });
      for await (const user of users.stream(app.id)) {
        assert.deepEqual(plain(await users.findByHandle(copy.id, user.handle)), plain(user));
      }
      const { total } = await users.count(copy.id);
      assert.equal(await host().deps.store.counters.read(`seats/${copy.id}`, NOW), total);
      const actions = (await logOf(host(), copy)).map(({ action }) => action);
      assert.deepEqual(actions.sort(), ['exportAppDatabase', 'importDatabase']);
    });

    it('writes the columns of the contract, in its order, and no code', async () => {
      const files = await exported(host(), await fullApp(host()));
      assert.deepEqual(Object.keys(files), FILES);
      const header = (file: string) => files[file]?.split('\n')[0]?.trim();
      assert.match(
        header('app-collection.csv') ?? '',
        /^name,status,jwtEnabled,.*,locales,createdAt,updatedAt,appId,type,anonymousLoginEnabled,userNamesEnabled,appleLoginEnabled,appleBundleId,googleLoginEnabled,googleClientId,maxUsers,/,
      );
      assert.match(
        header('user-collection.csv') ?? '',
        /^handle,password,status,appId,twoFactorPhoneVerification,twoFactorGoogleVerification,googleSecretKey,twoFactorCode,phone,phoneVerified,phoneCode,metaData,lastLogin,locale,createdAt,updatedAt,userName,loginProvider,socialUserId/,
      );
      assert.match(
        header('signup-collection.csv') ?? '',
        /^handle,password,status,appId,code,locale,metaData,createdAt,updatedAt,signupProvider$/,
      );
      assert.match(
        header('invite-collection.csv') ?? '',
        /^handle,senderHandle,senderUserId,code,status,appId,metaData,createdAt,updatedAt,locale$/,
      );
      assert.match(
        header('email-template-collection.csv') ?? '',
        /^appId,subject,replyTo,templateName,htmlTemplate,locale,htmlTemplate,createdAt,updatedAt,localeLinkText$/,
      );
      for (const file of ['signup-collection.csv', 'invite-collection.csv']) {
        assert.ok(rowsOf(files[file]).every(({ code }) => code === ''));
      }
    });

    it('leaves out what was asked for in a contested signup, and whoever completes it afterwards has to choose', async () => {
      const handle = 'owner@example.com';
      const app = await host().createApp({ name: 'Contested' });
      const signUp = (to: App, password: string) =>
        appClient(host(), to).post('signup', { handle, password, metaData: '{"role":"admin"}' });
      const [strangers, owners] = ['e'.repeat(32), 'f'.repeat(32)];
      for (const password of [strangers, owners]) assertTrue(await signUp(app, password));
      const files = await exported(host(), app);
      const [row] = rowsOf(files['signup-collection.csv']);
      assert.deepEqual([row?.handle, row?.status, row?.password], [handle, 'pending', '']);
      assert.doesNotMatch(row?.metaData ?? '', /admin/);
      const copy = await imported(host(), await zipOf(files), 'still contested');
      assertTrue(await signUp(copy, strangers));
      const code = (await host().outbox()).findLast(({ appId }) => appId === copy.id)?.code;
      assertTokens(await appClient(host(), copy).post('completeSignup', { handle, code }));
      assert.equal((await host().deps.store.users.findByHandle(copy.id, handle))?.passwordHash, undefined);
    });

    it('writes no formula with spreadsheet=true, and takes the tables back as they were', async () => {
      const app = await fullApp(host());
      const files = await exported(host(), app);
      const safe = await exported(host(), app, '&spreadsheet=true');
      for (const file of FILES) {
        const cells = (parse(safe[file] ?? '') as string[][]).flat();
        assert.deepEqual(
          cells.filter((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell)),
          [],
          file,
        );
      }
      assert.ok(safe['invite-collection.csv']?.includes("'=1+1"));
      const copy = await imported(host(), await zipOf(safe), `safe ${app.id}`);
      assert.deepEqual(comparable(await exported(host(), copy)), comparable(files));
      const again = await imported(
        host(),
        await zipOf(await exported(host(), copy, '&spreadsheet=true')),
        `safer ${app.id}`,
      );
      assert.deepEqual(comparable(await exported(host(), again)), comparable(files));
      const whole = await unzipped(await download(host(), '/api/app/exportHost?spreadsheet=true'));
      assert.equal(whole[`${app.id}/invite-collection.csv`], safe['invite-collection.csv']);
      const { status } = await host().portal('GET', `/api/app/export?appId=${app.id}&spreadsheet=yes`);
      assert.equal(status, 400);
    });

    it('takes what a European spreadsheet made of the tables', async () => {
      const app = await fullApp(host());
      const files = await exported(host(), app);
      const saved = Object.fromEntries(
        FILES.map((file) => {
          const [header = [], ...rows] = parse(files[file] ?? '') as string[][];
          const cells = rows.map((row) =>
            row.map((cell) =>
              /^(true|false)$/.test(cell) ? cell.toUpperCase() : cell.replace(/^1\.5$/, '1,5'),
            ),
          );
          const csv = stringify([header, ...cells], { delimiter: ';', record_delimiter: '\r\n', bom: true });
          return [file, csv];
        }),
      );
      const copy = await imported(host(), await zipOf(saved), `saved ${app.id}`);
      assert.deepEqual(comparable(await exported(host(), copy)), comparable(files));
    });

    it('leaves keys, credentials and hashes out with withSecrets=false', async () => {
      const app = await fullApp(host());
      const files = await exported(host(), app, '&withSecrets=false');
      const text = FILES.map((file) => files[file]).join('\n');
      for (const secret of ['$argon2id$', 'SG.key', 'AC1', '-token', 'jbsw', app.appToken, app.appSecret]) {
        assert.ok(!text.includes(secret), secret);
      }
      for (const { privateKey } of app.keys) {
        assert.ok(!text.includes(Buffer.from(privateKey).toString('base64').slice(0, 200)));
        assert.ok(!text.includes('PRIVATE KEY'));
      }
      const copy = await imported(host(), await zipOf(files), `bare ${app.id}`, { newKeys: 'true' });
      assert.equal(copy.keys.length, 1);
      assert.notEqual(copy.keys[0]?.kid, app.keys[0]?.kid);
      const log = await logOf(host(), app);
      assert.deepEqual(
        log.map(({ action, value }) => [action, value]),
        [['exportAppDatabase', '{"withSecrets":false}']],
      );
      const events = host().events.filter(
        ({ event }) => event === 'app_exported' || event === 'app_imported',
      );
      assert.deepEqual(
        events.slice(-2).map(({ event, withSecrets }) => [event, withSecrets]),
        [
          ['app_exported', false],
          ['app_imported', false],
        ],
      );
    });

    it('exports every app of the host, a folder each', async () => {
      const apps = [await host().createApp(), await host().createApp()];
      const files = await unzipped(await download(host(), '/api/app/exportHost'));
      const about = JSON.parse(files['host.json'] ?? '');
      assert.equal(about.withSecrets, true);
      for (const app of apps) {
        assert.ok(
          about.apps.some(
            ({ appId, name }: { appId: string; name: string }) => appId === app.id && name === app.name,
          ),
        );
        const own = Object.fromEntries(FILES.map((file) => [file, files[`${app.id}/${file}`] ?? '']));
        assert.deepEqual(comparable(own), comparable(await exported(host(), app)));
      }
    });

    it('refuses an export of an app that is not there', async () => {
      const answer = await host().portal('GET', `/api/app/export?appId=${'0'.repeat(32)}`);
      assert.deepEqual([answer.status, answer.body.status], [400, 'Fails']);
      assert.equal((await host().portal('GET', '/api/app/export')).status, 400);
    });

    it('takes over an app of the old host', async () => {
      const donor = await host().createApp({ keys: [await host().deps.keyPairs.newAppKey(NOW)] });
      const oldJwt = await host().deps.appTokens.sign(donor, {
        sub: 'ada@example.com',
        exp: NOW / 1000 + 60,
      });
      const name = `legacy ${donor.id}`;
      const app = await imported(host(), await zipOf(legacyFiles(donor)), name);
      assert.deepEqual(
        [app.userIdFormat, app.linkConfirmation, app.locales, app.metaData, app.twilio?.token, app.type],
        ['raw', 'immediate', ['EN', 'FR'], [], 'twilio token', 'commercial'],
      );
      const jwks = await host().request('GET', `/apps/${app.id}/.well-known/jwks.json`);
      const keySet = createLocalJWKSet(jwks.body);
      await jwtVerify(oldJwt, keySet, { currentDate: new Date(NOW) });

      const client = appClient(host(), app);
      const { users, templates } = host().deps.store;
      const hashOf = async (handle: string) => (await users.findByHandle(app.id, handle))?.passwordHash ?? '';
      assert.match(await hashOf('ada@example.com'), /^\$2b\$/);
      assertTokens(await client.post('login', { handle: 'Ada@example.com', password: OLD_PASSWORD }));
      assert.match(await hashOf('ada@example.com'), /^\$argon2id\$/);
      assertTokens(await client.post('login', { handle: 'ada@example.com', password: OLD_PASSWORD }));
      assert.equal(
        (await client.post('login', { handle: 'suspended@example.com', password: OLD_PASSWORD })).body.code,
        404,
      );

      const bob = await users.findByHandle(app.id, 'bob@example.com');
      assert.deepEqual([bob?.twoFactorTotp, bob?.totpSecret, bob?.locale], [true, SEED, 'EN']);
      assert.equal(await users.findByHandle(app.id, 'nobody@example.com'), undefined);
      assert.equal((await users.findByHandle(app.id, 'ANON_5E8D'))?.passwordHash, undefined);

      assert.equal(
        (await client.post('completeSignup', { handle: 'new@example.com', code: '111111' })).status,
        400,
      );
      assertTokens(await client.post('completeSignup', { handle: 'new@example.com', code: '222222' }));
      assertTokens(await client.post('login', { handle: 'new@example.com', password: OLD_PASSWORD }));
      assertTokens(
        await client.post('register', {
          handle: 'guest@example.com',
          password: OLD_PASSWORD,
          code: '444444',
        }),
      );
      assert.equal(
        (await templates.find(app.id, 'signUp', 'EN'))?.htmlTemplate,
        '<p>Hello "%HANDLE%",</p>\n<p>the code is %CODE%</p>',
      );
      assert.equal((await templates.find(app.id, 'signUp', 'FR'))?.subject, 'Bienvenue');
    });

    it('asks users of the old host for their second factor as before', async () => {
      const files = legacyFiles(await host().createApp());
      const [row] = rowsOf(files['app-collection.csv']);
      const app = await imported(
        host(),
        await zipOf({ ...files, 'app-collection.csv': csvOf([{ ...row, twoFactorVerification: 'google' }]) }),
        `factor ${host().deps.codes.newId()}`,
      );
      const client = appClient(host(), app);
      const first = await client.post('login', { handle: 'bob@example.com', password: OLD_PASSWORD });
      const loginToken = first.body['login-token'];
      assert.ok(loginToken);
      const code = authenticatorCode(SEED, host().clock.now());
      assertTokens(await client.post('loginComplete', { loginToken, code }));
    });
  },
  { now: NOW },
);
