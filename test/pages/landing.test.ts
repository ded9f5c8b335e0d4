import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { signupRoutes } from '../../server/http/routes/appuser/signup.ts';
import { landingRoutes } from '../../server/http/routes/pages/landing.ts';
import type { App } from '../../server/model/app.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/host.ts';
import { codeOf } from '../support/outbox.ts';
import { patched } from '../support/patched.ts';

const CSP =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
let host: TestHost;
let number = 0;
before(async () => {
  host = await startTestHost({ routes: [...signupRoutes, ...landingRoutes] });
});
after(() => host.stop());

interface Link {
  app: App;
  handle: string;
  path: string;
  code: string;
}
async function signUp(
  settings: Partial<App> = {},
  given: { handle?: string; locale?: string } = {},
): Promise<Link> {
  const app = await host.createApp({ signupFlow: 'link', ...settings });
  const { handle = `ada${++number}@example.com`, locale } = given;
  const answer = await host.request('POST', '/api/appuser/signup', {
    headers: { 'app-token': app.appToken },
    json: { handle, password: PASSWORD, ...(locale && { locale }) },
  });
  assert.equal(answer.body, true);
  return linkTo(app, handle);
}
/** The newest link of that app. */
async function linkTo(app: App, handle: string): Promise<Link> {
  const line = (await host.outbox()).findLast(({ appId }) => appId === app.id);
  assert(line?.link);
  const path = line.link.slice(host.deps.config.apiUrl.length);
  return { app, handle, path, code: codeOf(line) };
}
/** The address of the same link as it was mailed before. */
function oldPath({ app, handle, code }: Link): string {
  const query = { appToken: app.appToken, handle, code };
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `/api/appuser/completeSignup?${pairs.join('&')}`;
}
const get = (path: string, headers: Record<string, string> = {}) =>
  host.request('GET', path, { headers: { accept: 'text/html', ...headers } });
/** What a browser sends for the button. */
const press = ({ path, handle, code }: Link) =>
  host.request('POST', path, { headers: { accept: 'text/html' }, form: { handle, code } });
const appOf = async ({ app }: Link) => (await host.deps.store.apps.read(app.id)) ?? assert.fail();
const userOf = ({ app, handle }: Link) => host.deps.store.users.findByHandle(app.id, handle);
const heading = (html: string) => /<h1>(.*?)<\/h1>/.exec(html)?.[1];
async function logRows(app: App) {
  await host.deps.activity.flush();
  const filter = { actions: ['completeSignup'] };
  return (await host.deps.store.activity.page(app.id, filter, { offset: 0, limit: 20 })).rows;
}

describe('a signup link', () => {
  it('is short, holds the public address and names nobody (additions §8)', async () => {
    const { path, app, code } = await signUp({}, { handle: "o'hara+a&b#c=d@example.com" });
    const row = await host.deps.store.signups.findByHandle(app.id, "o'hara+a&b#c=d@example.com");
    assert.equal(path, `/confirm/${row?.id}/${code}`);
    assert.match(path, /^\/confirm\/[0-9a-f]{24}\/\d{39}$/);
    const { link } = (await host.outbox()).findLast(({ appId }) => appId === app.id) ?? assert.fail();
    assert.equal(link, host.deps.config.apiUrl + path);
    assert.ok(path.length < 80, path);
    assert.equal(heading((await get(path)).text), 'Confirm your account');
  });

  it('shows who confirms what, spends nothing and holds no token', async () => {
    const link = await signUp();
    const page = await get(link.path);
    assert.equal(page.status, 200);
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(page.headers['content-security-policy'], CSP);
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.equal(page.headers['cache-control'], 'no-store');
    assert(page.text.includes(link.handle) && page.text.includes(link.app.name));
    assert(!page.text.includes(link.app.appToken));
    assert.doesNotMatch(page.text, /<script|http:\/\/|https:\/\//);
    assert.equal(await userOf(link), undefined);
  });

  it('is completed by its button alone, and then shows the verified page as long as it lives (S30)', async () => {
    const link = await signUp();
    const done = await press(link);
    assert.deepEqual([done.status, heading(done.text)], [200, 'You are all set']);
    assert.equal((await userOf(link))?.status, 'active');
    for (const again of [await press(link), await get(link.path)]) {
      assert.deepEqual([again.status, heading(again.text)], [200, 'You are all set']);
    }
    host.clock.advance(host.deps.config.signupHours * 3_600_000 + 1);
    assert.equal((await get(link.path)).status, 410);
  });

  it('survives any number of scanners, HEAD requests and prefetches', async () => {
    const link = await signUp({ linkConfirmation: 'immediate' });
    for (let visit = 0; visit < 10; visit++) {
      await host.request('HEAD', link.path);
      await get(link.path, { 'sec-purpose': 'prefetch' });
      await get(link.path, { purpose: 'prefetch' });
    }
    assert.equal(await userOf(link), undefined);
    assert.equal(heading((await get(link.path)).text), 'You are all set');
    assert(await userOf(link));
  });

  it('completes at once in apps that ask for it, and only there', async () => {
    const link = await signUp({ linkConfirmation: 'immediate' });
    assert.equal(heading((await get(link.path)).text), 'You are all set');
    assert(await userOf(link));
    const careful = await signUp();
    for (let visit = 0; visit < 10; visit++) await get(careful.path);
    assert.equal(await userOf(careful), undefined);
    assert.equal((await press(careful)).status, 200);
  });

  it('makes one user of many clicks at the same time', async () => {
    const link = await signUp();
    const pages = await Promise.all(Array.from({ length: 10 }, () => press(link)));
    assert.deepEqual(
      pages.map(({ status, text }) => [status, heading(text)]),
      Array(10).fill([200, 'You are all set']),
    );
    const created = host.events.filter(
      ({ event, appId }) => event === 'user_created' && appId === link.app.id,
    );
    assert.equal(created.length, 1);
    assert.deepEqual(
      (await logRows(link.app)).map(({ status }) => status),
      ['success'],
    );
  });

  it('is done for everybody of a crowd that clicks more often than a code may be tried', async () => {
    const link = await signUp();
    const pages = await Promise.all(Array.from({ length: 60 }, () => press(link)));
    assert.deepEqual([...new Set(pages.map(({ text }) => heading(text)))], ['You are all set']);
    assert.equal(await host.deps.store.users.count(link.app.id).then(({ total }) => total), 1);
  });

  it('that has expired is page 410, one that is wrong page 400, in the language of the signup', async () => {
    const link = await signUp({ locales: ['EN', 'DE'] }, { locale: 'DE' });
    assert.match((await get(link.path)).text, /<html lang="de">/);
    const forged = await press({ ...link, path: link.path.replace(link.code, '1'.repeat(39)) });
    assert.deepEqual([forged.status, heading(forged.text)], [400, 'This link is not valid']);
    host.clock.advance(host.deps.config.signupHours * 3_600_000 + 1);
    const late = await press(link);
    assert.deepEqual([late.status, heading(late.text)], [410, 'Dieser Link ist abgelaufen']);
    assert.equal(await userOf(link), undefined);
    assert.deepEqual(
      (await logRows(link.app)).map(({ status }) => status),
      ['error', 'error'],
    );
  });

  it('is dead once a newer one was asked for', async () => {
    const old = await signUp();
    await host.request('POST', '/api/appuser/signup', {
      headers: { 'app-token': old.app.appToken },
      json: { handle: old.handle, password: PASSWORD },
    });
    assert.equal((await press(old)).status, 400);
    assert.equal(await userOf(old), undefined);
  });

  it('never takes a handle for markup (S29)', async () => {
    const link = await signUp({ name: 'Club <img src=x>' });
    const handle = encodeURIComponent('"><img src=x onerror=alert(1)>@example.com');
    const path = `/api/appuser/completeSignup?appToken=${link.app.appToken}&handle=${handle}&code=${link.code}`;
    for (const page of [await get(link.path), await get(path), await press(link)])
      assert.doesNotMatch(page.text, /<img/);
  });

  it('that leads nowhere is the plain page, whatever stands there', async () => {
    const link = await signUp();
    const { code } = link;
    const [, , id = ''] = link.path.split('/');
    const broken = [
      `/confirm/${'0'.repeat(24)}/${code}`,
      `/confirm/${id.toUpperCase()}/${code}`,
      `/confirm/${id}/${code.slice(1)}`,
      `/confirm/${id}/123456`,
      `/confirm/${id}/x`,
      `/confirm/%00%22%3Cimg/${code}`,
      `/confirm/${'9'.repeat(5000)}/${code}`,
    ];
    for (const address of broken) {
      for (const answer of [await get(address), await press({ ...link, path: address })]) {
        assert.deepEqual([answer.status, heading(answer.text)], [400, 'This link is not valid'], address);
        assert.match(answer.text, /<html lang="en">/);
      }
    }
  });

  it('asks for no credential and heeds none', async () => {
    const link = await signUp();
    const headers = { 'app-token': 'nonsense', 'server-secret': 'nonsense' };
    assert.equal(heading((await get(link.path, headers)).text), 'Confirm your account');
    const done = await host.request('POST', `${link.path}?appToken=nonsense`, { headers, form: {} });
    assert.equal(heading(done.text), 'You are all set');
  });

  it('ends with its app', async () => {
    const link = await signUp();
    await host.deps.store.apps.replace({ ...(await appOf(link)), status: 'suspended' });
    assert.deepEqual([(await press(link)).status, await userOf(link)], [400, undefined]);
    await host.deps.store.apps.replace({ ...(await appOf(link)), status: 'active', lifecycle: 'deleting' });
    assert.equal(heading((await press(link)).text), 'This link is not valid');
  });

  it('shows the text that the app wrote for it', async () => {
    const link = await signUp();
    const now = host.clock.now();
    await host.deps.store.templates.insert({
      id: host.deps.codes.newRowId(now),
      appId: link.app.id,
      revision: 1,
      name: 'clickThrough',
      locale: 'EN',
      subject: 'Done',
      htmlTemplate: '<h1>%HANDLE% is in</h1>',
      createdAt: now,
      updatedAt: now,
    });
    assert.equal(heading((await press(link)).text), `${link.handle} is in`);
  });
});

describe('the pages of an app with an address, a colour and a logo', () => {
  const BRAND = {
    appUrl: 'chess.club://home?a=1&b=2',
    brandColor: '#ffcc00',
    logoUrl: 'https://cdn.example.com:8443/logo.png?v=1&w=2',
  };

  it('show them, and lead to the app once the signup is confirmed', async () => {
    const link = await signUp({ ...BRAND, name: 'Chess <Club>' });
    const asked = await get(link.path);
    assert.match(asked.text, /<img class="logo" src="https:[^"]*logo\.png[^"]*" alt="Chess &lt;Club&gt;"/);
    assert.match(asked.text, /--fill: #ffcc00; --on-fill: #000000/);
    assert.doesNotMatch(asked.text, /chess\.club:/, 'not before it is confirmed');
    const done = await press(link);
    const [, address = '', caption] = /<a class="button" href="([^"]*)">([^<]*)<\/a>/.exec(done.text) ?? [];
    assert.equal(address.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='), BRAND.appUrl);
    assert.equal(caption, 'Open Chess &lt;Club&gt;');
  });

  it("say so in the reader's language, and nothing of an app that has none", async () => {
    const locales = { locales: ['EN', 'DE'] };
    const german = await signUp({ ...BRAND, ...locales, name: 'Schach' }, { locale: 'DE' });
    assert.match((await press(german)).text, />Schach öffnen<\/a>/);
    assert.doesNotMatch((await press(await signUp())).text, /<a |<img|--fill: #/);
  });

  it('load the picture from the origin of the logo alone', async () => {
    const link = await signUp(BRAND);
    const policy = CSP.replace('https: data:', 'https://cdn.example.com:8443');
    for (const page of [await get(link.path), await press(link), await get(oldPath(link))])
      assert.equal(page.headers['content-security-policy'], policy);
    assert.equal(
      (await get(`/confirm/${'0'.repeat(24)}/${link.code}`)).headers['content-security-policy'],
      CSP,
    );
  });

  it('leave the pictures of a text of its own alone', async () => {
    const link = await signUp(BRAND);
    await host.deps.store.templates.insert({
      id: host.deps.codes.newRowId(1),
      appId: link.app.id,
      revision: 1,
      name: 'clickThrough',
      locale: 'EN',
      subject: 'Done',
      createdAt: 1,
      updatedAt: 1,
      htmlTemplate: '<h1>In</h1><img src="https://elsewhere.example/x.png">',
    });
    const done = await press(link);
    assert.equal(done.headers['content-security-policy'], CSP);
    assert.match(done.text, /elsewhere[\s\S]*<a class="button"/);
  });
});

describe('a link that was mailed before links were short', () => {
  it('shows and completes as ever', async () => {
    const link = await signUp({}, { handle: "o'hara+a&b#c=d@example.com" });
    const old = { ...link, path: oldPath(link) };
    assert.equal(heading((await get(old.path)).text), 'Confirm your account');
    await host.request('HEAD', old.path);
    assert.equal(await userOf(link), undefined);
    assert.equal(heading((await press(old)).text), 'You are all set');
    assert.equal(heading((await get(link.path)).text), 'You are all set');
  });

  it('completes at once in apps that ask for it', async () => {
    const link = await signUp({ linkConfirmation: 'immediate' });
    await get(oldPath(link), { 'sec-purpose': 'prefetch' });
    assert.equal(await userOf(link), undefined);
    assert.equal(heading((await get(oldPath(link))).text), 'You are all set');
  });

  it('is refused with a page when the app token is wrong, a value missing or the code a bad one', async () => {
    const link = await signUp();
    const path = oldPath(link);
    const broken = [
      path.replace(link.app.appToken, 'nonsense'),
      path.replace(/&code=\d+/, ''),
      path.replace(/&code=\d+/, '&code=abc'),
      path.replace(/&handle=[^&]+/, '&handle=nobody%40example.com'),
    ];
    for (const address of broken) {
      const page = await get(address);
      assert.deepEqual([page.status, heading(page.text)], [400, 'This link is not valid'], address);
    }
  });
});

describe('the link of a contested signup', () => {
  const TYPED = 'what I typed';
  const MINE = createHash('md5').update(TYPED).digest('hex');
  /** Asked for by somebody else, then by the owner: both by link. */
  async function contested(settings: Partial<App> = {}, locale = 'EN'): Promise<Link> {
    const { app, handle } = await signUp({ locales: ['EN', 'DE'], ...settings }, { locale });
    const json = { handle, password: MINE, locale };
    await host.request('POST', '/api/appuser/signup', { headers: { 'app-token': app.appToken }, json });
    return linkTo(app, handle);
  }
  const pressWith = ({ path, handle, code }: Link, passwordText: string) =>
    host.request('POST', path, { headers: { accept: 'text/html' }, form: { handle, code, passwordText } });
  const matches = async (link: Link) =>
    host.deps.passwords.matches(MINE, (await userOf(link))?.passwordHash ?? '');

  it('asks for the password, which nobody has to know', async () => {
    const page = await get((await contested({}, 'DE')).path);
    assert.match(page.text, /<label for="password">Das Passwort, das du gewählt hast<\/label>/);
    assert.match(page.text, /<input type="password" id="password" name="passwordText"/);
    assert.doesNotMatch((await get((await signUp()).path)).text, /<input type="password"/);
  });

  it('gives the account the password that was typed', async () => {
    const link = await contested();
    const done = await pressWith(link, TYPED);
    assert.deepEqual([done.status, heading(done.text)], [200, 'You are all set']);
    assert.equal(await matches(link), true);
  });

  it('makes an account without one when the field is empty or wrong, and says that a code comes by mail', async () => {
    for (const complete of [
      press,
      (link: Link) => pressWith(link, ''),
      (link: Link) => pressWith(link, 'x'),
    ]) {
      const link = await contested();
      const done = await complete(link);
      assert.deepEqual([done.status, heading(done.text)], [200, 'You are almost set']);
      assert.equal((await userOf(link))?.passwordHash, undefined);
      for (const again of [await pressWith(link, TYPED), await get(link.path)]) {
        assert.deepEqual([again.status, heading(again.text)], [200, 'You are almost set']);
      }
      const codes = (await host.outbox()).filter(
        ({ appId, message }) => appId === link.app.id && message === 'setPassword',
      );
      assert.equal(codes.length, 1);
    }
  });

  it('makes one without a password in apps that complete at once', async () => {
    const link = await contested({ linkConfirmation: 'immediate' });
    assert.equal(heading((await get(link.path)).text), 'You are almost set');
    assert.equal((await userOf(link))?.passwordHash, undefined);
  });

  it('refuses a text that is no password', async () => {
    const link = await contested();
    assert.equal((await pressWith(link, 'x'.repeat(1025))).status, 400);
    assert.equal(await userOf(link), undefined);
    assert.equal(heading((await pressWith(link, TYPED)).text), 'You are all set');
  });
});

describe('a click on a signup link', () => {
  for (const [about, clicks] of [
    ['that is shown', (link: Link) => get(link.path)],
    ['that is confirmed', press],
  ] as const) {
    it(`${about} is judged once`, async () => {
      const link = await signUp();
      const { counters } = host.deps.store;
      const { increment, decrement } = counters;
      const written: string[] = [];
      const counting = {
        increment(...input: Parameters<typeof increment>) {
          written.push(input[0]);
          return increment(...input);
        },
        decrement(...input: Parameters<typeof decrement>) {
          written.push(input[0]);
          return decrement(...input);
        },
      };
      await patched(counters, counting, async () => assert.equal((await clicks(link)).status, 200));
      assert.ok(written.filter((key) => key.startsWith('code/')).length <= 2, 'counted, and given back');
    });
  }
});

describe('the JSON route of the same path', () => {
  it('answers tokens to a header credential, never a page (A10)', async () => {
    const link = await signUp();
    const answer = await host.request('POST', '/api/appuser/completeSignup', {
      headers: { 'app-token': link.app.appToken, accept: 'text/html' },
      json: { handle: link.handle, code: link.code },
    });
    assert.deepEqual(
      [answer.status, Object.keys(answer.body)],
      [200, ['jwt', 'access-token', 'signed-user-token']],
    );
  });

  it('and the page never answers tokens', async () => {
    const link = await signUp();
    const page = await press(link);
    assert.doesNotMatch(page.text, /access-token|eyJ/);
  });
});
