import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { anId } from '../../support/records.ts';
import { anOwner, call, type Fetched, ownerIn, put } from './stage.ts';

const HOUR = 3_600_000;

/** What a refusal says, without what names the request. */
function told({ status, headers, bytes }: Fetched) {
  const { 'x-request-id': _, date: __, 'content-length': ___, connection: ____, ...rest } = headers;
  return { status, headers: rest, body: String(bytes) };
}

/** What an attacker would try (threats R45). */
describe('files of users, for whom they are not', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  it('are unknown to other users and other apps, byte for byte as what never was', async () => {
    const owner = await anOwner(host);
    const [neighbour, stranger] = [await ownerIn(host, owner.app), await anOwner(host)];
    const { _id: id } = (await owner.upload()).body;
    const { contentId } = (await owner.init()).body;
    for (const other of [neighbour, stranger]) {
      for (const wanted of [id, contentId]) {
        for (const [name, body] of [
          ['create', { contentId: wanted }],
          ['refresh', { ids: [wanted] }],
          ['update', { id: wanted, access: 'app' }],
          ['remove', { ids: [wanted] }],
        ] as const) {
          const foreign = await other.post(name, body);
          const unknown = await other.post(name, JSON.parse(JSON.stringify(body).replace(wanted, anId())));
          assert.equal(foreign.status, 400);
          assert.equal(foreign.text, unknown.text, name);
          assert.equal(foreign.body.reason, 'unknown_asset', name);
        }
        const foreign = await other.get(`/${wanted}`);
        assert.equal(foreign.text, (await other.get(`/${anId()}`)).text);
        assert.equal(foreign.body.reason, 'unknown_asset');
      }
      assert.deepEqual((await other.get()).body, { rows: [] });
    }
    assert.equal((await owner.get(`/${id}`)).status, 200);
    const portal = (appId: string) =>
      host.portal('POST', '/api/app/removeAssets', { json: { appId, ids: [id] } });
    assert.equal((await portal(stranger.app.id)).body.reason, 'unknown_asset');
  });

  it('do not answer to an address that ended, was changed or was never made', async () => {
    const owner = await anOwner(host);
    const other = await anOwner(host);
    const { url, _id } = (await owner.upload()).body;
    const { writeUrls, contentId } = (await owner.init()).body;
    const { url: foreign } = (await other.upload()).body;
    const base = url.slice(0, url.indexOf('?'));
    const never = told(
      await call('GET', `${host.url}/assets/${anId()}/${anId()}/x.jpg?end=9e15&signature=00`),
    );
    assert.equal(never.status, 404);
    const later = new URL(url);
    later.searchParams.set('end', String(Number(later.searchParams.get('end')) + 1));
    const addresses = {
      'without a signature': base,
      'with a later end': later.href,
      'with no end': url.replace(/end=\d+&/, ''),
      'with end 0': url.replace(/end=\d+/, 'end=0'),
      'with an end that is none': url.replace(/end=\d+/, 'end=Infinity'),
      'with half a signature': url.slice(0, -32),
      'with the signature of another file': base + foreign.slice(foreign.indexOf('?')),
      'in another app': url.replace(owner.app.id, other.app.id),
      'of another asset': url.replace(`/${_id}/`, `/${contentId}/`),
      'as another file': url.replace(/photo-/, 'other-'),
      'with coded dots': url.replace(`/${_id}/`, `/${_id}/%2e%2e%2f`),
      'with a null': url.replace(/photo-/, '%00'),
      'with a write address': writeUrls.writeUrl,
      'with two ends': `${url}&end=9999999999999`,
      'with two signatures': `${url}&signature=00`,
      'to write as well': `${url}&use=write`,
    };
    for (const [about, address] of Object.entries(addresses)) {
      const answer = told(await call('GET', address));
      assert.deepEqual([about, answer.status, answer.body], [about, 404, never.body]);
      assert.deepEqual(answer.headers, never.headers, about);
    }
    assert.equal((await call('GET', url)).status, 200);
    const { pathname, search } = new URL(url);
    for (const dots of ['/../x', '/./', '/..', '/%2e%2e/x']) {
      const answer = await host.request('GET', `${pathname}${dots}${search}`);
      assert.deepEqual([dots, answer.status], [dots, 404]);
    }
    for (const [about, address] of Object.entries({
      'a read address': url,
      'a read address as one to write': url.replace('?', '?use=write&'),
      'a later end': writeUrls.writeUrl.replace(/end=\d+/, 'end=9999999999999'),
      'two uses': `${writeUrls.writeUrl}&use=read`,
      'another file': writeUrls.writeUrl.replace(`/${contentId}/`, `/${_id}/`),
    })) {
      assert.equal((await put(address, 'wrong')).status, 404, about);
    }
    host.clock.advance(HOUR);
    assert.equal((await put(writeUrls.writeUrl, 'hello')).status, 404, 'an hour later');
    host.clock.advance(23 * HOUR - 1);
    assert.equal((await call('GET', url)).status, 200, 'in the last moment');
    host.clock.advance(1);
    assert.deepEqual(told(await call('GET', url)), never);
  });

  it('close with create', async () => {
    const owner = await anOwner(host);
    const { writeUrls, contentId } = (await owner.init()).body;
    assert.equal((await put(writeUrls.writeUrl, 'first')).status, 200);
    assert.equal((await put(writeUrls.writeUrl, 'again')).status, 200);
    const { url } = (await owner.post('create', { contentId })).body;
    assert.equal((await put(writeUrls.writeUrl, 'after')).status, 404);
    assert.equal(String((await call('GET', url)).bytes), 'again');
  });

  it('take the type and size that were announced alone', async () => {
    const owner = await anOwner(host);
    const { writeUrls, contentId } = (await owner.init({ cuts: ['small'] })).body;
    const main = writeUrls.writeUrl;
    const chunked = { 'Content-Type': 'image/jpeg', 'Transfer-Encoding': 'chunked' };
    const cases: [about: string, sent: Promise<Fetched>, reason: string][] = [
      ['another type', put(main, 'hello', { 'Content-Type': 'text/html' }), 'type_not_allowed'],
      ['no type', put(main, 'hello', {}), 'type_not_allowed'],
      ['more bytes', put(main, 'hello!'), 'too_large'],
      ['more bytes in chunks', call('PUT', main, chunked, 'hello!'), 'too_large'],
      ['many more in chunks', call('PUT', main, chunked, Buffer.alloc(3_000_000)), 'too_large'],
      ['fewer bytes', put(main, 'hell'), 'unknown_value'],
      [
        'a cut that is a page',
        put(writeUrls.writeUrlSmall, '<p>', { 'Content-Type': 'text/html' }),
        'type_not_allowed',
      ],
      ['a cut of more than 2 MB', put(writeUrls.writeUrlSmall, Buffer.alloc(2_097_153)), 'too_large'],
    ];
    for (const [about, sent, reason] of cases) {
      const { status, bytes } = await sent;
      const body = JSON.parse(String(bytes));
      assert.deepEqual([about, status, body.code, body.reason], [about, 400, 602, reason]);
    }
    assert.equal((await owner.post('create', { contentId })).body.reason, 'not_uploaded');
    assert.equal((await put(main, 'hello', { 'Content-Type': 'IMAGE/JPEG; q=1' })).status, 200);
  });

  it('are never a page of the host, whatever is in them', async () => {
    const owner = await anOwner(host, { assetTypes: 'image/*,text/html' });
    const page = '<script>fetch("/portal")</script>';
    for (const contentType of ['image/png', 'image/svg+xml', 'text/html']) {
      const made = await owner.upload(page, { filePath: 'look.html.png', contentType });
      const { headers, bytes } = await call('GET', made.body.url);
      assert.equal(String(bytes), page);
      assert.match(String(headers['content-disposition']), /^attachment; /);
      assert.equal(headers['content-security-policy'], 'sandbox');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['content-type'], contentType);
    }
  });

  it('have harmless names, whatever they were called', async () => {
    const owner = await anOwner(host);
    const { id } = owner.user;
    const cases: [sent: string, path: RegExp][] = [
      ['../../etc/passwd', new RegExp(`^${id}/etc/passwd-ID\\.jpg$`)],
      ['..\\..\\win\\a.JPG', new RegExp(`^${id}/win/a-ID\\.jpg$`)],
      ['/abs/./a//b.png', new RegExp(`^${id}/abs/a/b-ID\\.png$`)],
      ['a\u0000b\r\nc\u001b[31m.jpg', new RegExp(`^${id}/a_b_c_31m-ID\\.jpg$`)],
      ['gpj.\u202Efdp.exe', new RegExp(`^${id}/gpj\\._fdp-ID\\.exe$`)],
      ['תמונה של חוף.jpg', new RegExp(`^${id}/תמונה_של_חוף-ID\\.jpg$`)],
      ['写真/夏.jpeg', new RegExp(`^${id}/写真/夏-ID\\.jpeg$`)],
      ['"; rm -rf ~; $(x) `y`.jpg', new RegExp(`^${id}/_rm_-rf_x_y_-ID\\.jpg$`)],
      [`${'n'.repeat(300)}.jpg`, new RegExp(`^${id}/n{80}-ID\\.jpg$`)],
      [`${'d/'.repeat(150)}f.jpg`, new RegExp(`^${id}/(?:d/){100}f-ID\\.jpg$`)],
      ['🎉🎉', new RegExp(`^${id}/file-ID\\.jpg$`)],
      ['...', new RegExp(`^${id}/file-ID\\.jpg$`)],
      ['.htaccess', new RegExp(`^${id}/htaccess-ID\\.jpg$`)],
    ];
    for (const [filePath, path] of cases) {
      const made = await owner.upload('hello', { filePath });
      assert.equal(made.status, 200, made.text);
      assert.match(made.body.path.replace(made.body._id, 'ID'), path);
      const read = await call('GET', made.body.url);
      assert.equal(String(read.bytes), 'hello', filePath);
      const name = String(read.headers['content-disposition']);
      assert.match(name, /^attachment; filename="[\w.-]+"(?:; filename\*=UTF-8''[\w.%-]+)?$/);
    }
    assert.equal((await owner.init({ filePath: 'x'.repeat(1025) })).body.reason, 'too_long');
  });

  it('do not answer for who is suspended, and for an app that is not active', async () => {
    const owner = await anOwner(host);
    const { url } = (await owner.upload()).body;
    const { url: open } = (await owner.upload('hello', { expirationHours: 0 })).body;
    const { writeUrls } = (await owner.init()).body;
    const status = async (value: string) => {
      const json = { appId: owner.app.id, setting: 'status', status: value };
      assert.equal((await host.portal('POST', '/api/app/updateAppSetting', { json })).status, 200);
    };
    const all = async () => [
      (await call('GET', url)).status,
      (await call('GET', open)).status,
      (await call('HEAD', writeUrls.writeUrl)).status,
      (await put(writeUrls.writeUrl, 'hello')).status,
    ];
    await status('inactive');
    assert.deepEqual(await all(), [404, 404, 404, 404]);
    await status('active');
    assert.deepEqual(await all(), [200, 200, 200, 200]);
    const json = { appId: owner.app.id, userId: owner.user.id, status: 'suspend' };
    await host.portal('POST', '/api/app/user', { json });
    assert.deepEqual(await all(), [404, 404, 404, 404]);
    assert.equal((await owner.get()).body.code, 404);
  });

  it('that are public have a plain address without end, alone', async () => {
    const owner = await anOwner(host);
    const { url, expiration } = (await owner.upload('hello', { expirationHours: 0 })).body;
    assert.equal(expiration, undefined);
    assert.ok(!url.includes('?'));
    host.clock.advance(1000 * HOUR);
    assert.equal(String((await call('GET', url)).bytes), 'hello');
    const { url: own } = (await (await anOwner(host)).upload()).body;
    assert.equal((await call('GET', own.slice(0, own.indexOf('?')))).status, 404);
  });

  it('count in the address limit', async () => {
    const limited = await startTestHost({ config: { addressLimitPerMinute: 2 } });
    const owner = await anOwner(limited);
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await owner.get()).status);
    assert.deepEqual(statuses, [200, 200, 429, 429]);
    await limited.stop();
  });
});
