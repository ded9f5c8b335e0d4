import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createS3Storage } from '../../server/assets/s3.ts';
import { createDnsRecords } from '../../server/delivery/dns.ts';
import type { AssetObject, S3Place } from '../../server/model/asset.ts';
import type { AssetStorage } from '../../server/ports/assets/asset-storage.ts';
import { systemClock } from '../../server/security/clock.ts';
import { HOUR_MS } from '../../server/tools/duration.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { listenOnLoopback } from '../support/listen.ts';
import { NO_S3_SERVER, type S3Server, s3ServerAvailable, startS3Server } from '../support/s3-server.ts';

const USER = '0123456789abcdef01234567';
const records = createDnsRecords();

function storageAt(place: S3Place, options: { privateEndpoints?: boolean } = {}): AssetStorage {
  return createS3Storage(place, { clock: systemClock, privateEndpoints: false, records, ...options });
}
let count = 0;
function object(path = 'holiday/photo'): AssetObject {
  const assetId = String(++count).padStart(32, '0');
  return {
    appId: 'a'.repeat(32),
    assetId,
    userId: USER,
    part: 'main',
    name: `${USER}/${path}-${assetId}.jpg`,
  };
}
/** Something that is no storage. */
async function listening(answer: RequestListener): Promise<{ endpoint: string; port: number; stop(): void }> {
  const server = createServer(answer);
  const { url, port } = await listenOnLoopback(server);
  return { endpoint: url, port, stop: () => void server.close() };
}
const soon = () => systemClock.now() + HOUR_MS;
const JPEG = { contentType: 'image/jpeg', size: 5 };

describe('a bucket', { skip: !s3ServerAvailable() && NO_S3_SERVER }, () => {
  let server: S3Server;
  let storage: AssetStorage;
  before(async () => {
    server = await startS3Server();
    storage = storageAt(server.place);
  });
  after(() => server?.stop());

  async function put(wished: AssetObject, body = 'photo', change: Record<string, string> = {}) {
    const { url, headers } = await storage.writeAddress({ object: wished, end: soon(), ...JPEG });
    return fetch(url, { method: 'PUT', headers: { ...headers, ...change }, body });
  }

  it('takes an object at its address and gives it back at another, with the type it was announced with', async () => {
    const photo = object();
    assert.equal(await storage.head(photo), undefined);
    assert.equal((await put(photo)).status, 200);
    const stored = await storage.head(photo);
    assert.deepEqual({ ...stored, etag: '' }, { ...JPEG, etag: '' });
    assert.match(stored?.etag ?? '', /^[^"]{8,}$/);
    const answer = await fetch(await storage.readAddress(photo, soon()), { headers: { range: 'bytes=1-2' } });
    assert.equal(answer.status, 206);
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.equal(answer.headers.get('content-disposition'), 'attachment');
    assert.equal(await answer.text(), 'ho');
  });

  it('refuses another type, another size, another object and another method at that address', async () => {
    const photo = object();
    assert.equal((await put(photo, 'photo', { 'Content-Type': 'text/html' })).status, 403);
    assert.equal((await put(photo, 'photo', { 'Content-Disposition': 'inline' })).status, 403);
    assert.equal((await put(photo, 'photos')).status, 403);
    const { url, headers } = await storage.writeAddress({ object: photo, end: soon(), ...JPEG });
    const elsewhere = url.replace(photo.assetId, object().assetId);
    assert.equal((await fetch(elsewhere, { method: 'PUT', headers, body: 'photo' })).status, 403);
    assert.equal((await fetch(url)).status, 403);
    assert.equal(await storage.head(photo), undefined);
  });

  it('takes a cut of whatever type and size', async () => {
    const cut: AssetObject = { ...object(), part: 'small' };
    const { url, headers } = await storage.writeAddress({ object: cut, end: soon() });
    const sent = { ...headers, 'Content-Type': 'image/webp' };
    assert.equal((await fetch(url, { method: 'PUT', headers: sent, body: 'cut' })).status, 200);
    assert.equal((await storage.head(cut))?.contentType, 'image/webp');
  });

  it('keeps names apart that only one spelling tells apart', async () => {
    const odd = object("a b+c%20é!'()*~/日本");
    assert.equal((await put(odd, 'odd  ')).status, 200);
    assert.equal(await (await fetch(await storage.readAddress(odd, soon()))).text(), 'odd  ');
    assert.equal((await storage.head(odd))?.size, 5);
  });

  it('lets no address live longer than 168 hours, nor longer than was said', async () => {
    const lifetime = async (end: number) =>
      Number(new URL(await storage.readAddress(object(), end)).searchParams.get('X-Amz-Expires'));
    assert.equal(await lifetime(systemClock.now() + 8_760 * HOUR_MS), 604_800);
    const hour = await lifetime(soon());
    assert.ok(hour <= 3_600 && hour > 3_500, String(hour));
    const photo = object();
    await put(photo);
    const url = await storage.readAddress(photo, systemClock.now() + 1_000);
    await systemClock.pause(2_500);
    assert.equal((await fetch(url)).status, 403);
  });

  it('shows by the ETag that an object is another', async () => {
    const photo = object();
    await put(photo, 'photo');
    const first = await storage.head(photo);
    await put(photo, 'other');
    const second = await storage.head(photo);
    assert.notEqual(second?.etag, first?.etag);
  });

  it('gives public objects a plain address below the one that was set', async () => {
    const photo = object('a b');
    const base = { ...server.place, publicBase: 'https://files.example.com/public/' };
    assert.equal(
      await storageAt(base).readAddress(photo, undefined),
      `https://files.example.com/public/${USER}/a%20b-${photo.assetId}.jpg`,
    );
    await assert.rejects(storage.readAddress(photo, undefined), { error: 'service_unavailable' });
  });

  it('removes what is there and what is not, as often as it is told', async () => {
    const photos = Array.from({ length: 20 }, () => object());
    for (const photo of photos.slice(0, 10)) await put(photo);
    await storage.remove(photos);
    await storage.remove(photos);
    for (const photo of photos) assert.equal(await storage.head(photo), undefined);
  });

  it('takes nothing for removed that a storage did not say', async () => {
    const wrong = { ...server.place, secret: 'wrong' };
    await assert.rejects(storageAt(wrong).remove([object()]), { error: 'service_unavailable' });
    // What answers 404 to everything is no storage.
    const { endpoint, stop } = await listening((_, response) => response.writeHead(404).end('not here'));
    const removal = storageAt({ ...server.place, endpoint }).remove([object()]);
    await assert.rejects(removal.finally(stop), { error: 'service_unavailable' });
  });

  it('is unavailable while it is frozen or gone, within seconds, and as before when it is back', async () => {
    const photo = object();
    await put(photo);
    await server.freeze();
    const startedAt = performance.now();
    await assert.rejects(storage.head(photo), { error: 'service_unavailable' });
    assert.ok(performance.now() - startedAt < 9_000);
    server.thaw();
    assert.equal((await storage.head(photo))?.size, 5);
    await server.kill();
    await assert.rejects(storage.head(photo), { error: 'service_unavailable' });
    await assert.rejects(storage.remove([photo]), { error: 'service_unavailable' });
    await server.restart();
    assert.equal((await storage.head(photo))?.size, 5);
  });
});

describe('trying a bucket', { skip: !s3ServerAvailable() && NO_S3_SERVER }, () => {
  let server: S3Server;
  before(async () => {
    server = await startS3Server();
  });
  after(() => server?.stop());

  const walked = async (change: Partial<S3Place> = {}) => storageAt({ ...server.place, ...change }).test();
  const brokenAt = async (change: Partial<S3Place>) => {
    const last = (await walked(change)).at(-1);
    assert.equal(last?.ok, false);
    return { step: last?.step, repair: last?.repair ?? '' };
  };

  it('goes the way of an object there and back, and leaves nothing behind', async () => {
    const steps = await walked();
    assert.deepEqual(
      steps.map(({ step, ok }) => [step, ok]),
      [
        ...[
          ['dns', true],
          ['tcp', true],
          ['tls', 'unknown'],
          ['auth', true],
        ],
        ...[
          ['put', true],
          ['head', true],
          ['get', true],
          ['delete', true],
        ],
      ],
    );
    assert.deepEqual(await server.objects(), []);
    assert.ok(!JSON.stringify(steps).includes(server.place.secret));
  });

  it('says what to correct where something is wrong', async () => {
    const cases: [Partial<S3Place>, step: string, repair: RegExp][] = [
      [{ secret: 'wrong' }, 'auth', /assetSecret/],
      [{ keyId: 'AKIDOFNOBODY' }, 'auth', /assetKeyId/],
      [{ bucket: 'elsewhere' }, 'auth', /assetBucket/],
      [{ region: 'eu-west-1' }, 'auth', /assetRegion/],
      [{ bucket: '' }, 'dns', /assetBucket/],
      [{ endpoint: 'http://127.0.0.1:9' }, 'tcp', /assetEndpoint/],
      [{ endpoint: String(server.place.endpoint).replace('http:', 'https:') }, 'tls', /assetEndpoint/],
    ];
    for (const [change, step, repair] of cases) {
      const broken = await brokenAt(change);
      assert.equal(broken.step, step, JSON.stringify(change));
      assert.match(broken.repair, repair);
    }
  });

  it('tells a wrong storage by what it answers, and shows nothing else of that', async () => {
    const { endpoint, stop } = await listening((_, response) => response.writeHead(200).end('inside: 4711'));
    const steps = await walked({ endpoint });
    stop();
    assert.equal(steps.at(-1)?.step, 'head');
    assert.ok(!JSON.stringify(steps).includes('4711'));
  });

  it('says within seconds that a storage is frozen or gone', async () => {
    await server.freeze();
    const frozen = await brokenAt({});
    server.thaw();
    assert.equal(frozen.step, 'auth');
    assert.match(frozen.repair, /does not answer/);
    await server.kill();
    const gone = await brokenAt({});
    assert.equal(gone.step, 'tcp');
    assert.match(gone.repair, /nothing listens/);
    await server.restart();
    assert.equal((await walked()).at(-1)?.step, 'delete');
  });
});

describe('asking a bucket', () => {
  const place: S3Place = {
    kind: 's3',
    bucket: 'files',
    region: 'eu-central-1',
    endpoint: undefined,
    keyId: 'AKID',
    secret: 'secret',
    publicBase: undefined,
  };
  const addressOf = async (change: Partial<S3Place>) =>
    new URL(await storageAt({ ...place, ...change }).readAddress(object('x'), soon()));

  it('goes to AWS by the name of the bucket, and by a path where that is no name of a host', async () => {
    assert.equal((await addressOf({})).hostname, 'files.s3.eu-central-1.amazonaws.com');
    assert.equal(
      (await addressOf({ region: 'cn-north-1' })).hostname,
      'files.s3.cn-north-1.amazonaws.com.cn',
    );
    const dotted = await addressOf({ bucket: 'my.files' });
    assert.equal(dotted.hostname, 's3.eu-central-1.amazonaws.com');
    assert.match(dotted.pathname, /^\/my\.files\//);
  });

  it('goes to other storages by a path below their address', async () => {
    const { host, pathname } = await addressOf({ endpoint: 'https://storage.example.com:9000/s3/' });
    assert.equal(host, 'storage.example.com:9000');
    assert.match(pathname, /^\/s3\/files\//);
  });

  it('asks nobody whom a bucket or region would name', async () => {
    for (const change of [
      { region: 'x.example.com/' },
      { region: 'a@b' },
      { bucket: '../x' },
      { bucket: '..' },
    ]) {
      await assert.rejects(addressOf(change), { error: 'service_unavailable' }, JSON.stringify(change));
      const [step] = await storageAt({ ...place, ...change }).test();
      assert.equal(step?.ok, false);
    }
  });

  it('follows no redirect', async () => {
    let asked = 0;
    const { endpoint, stop } = await listening((_, response) => {
      asked++;
      response.writeHead(302, { location: '/' }).end();
    });
    const looking = storageAt({ ...place, endpoint }).head(object());
    await assert.rejects(looking.finally(stop), { error: 'service_unavailable' });
    assert.equal(asked, 1);
  });

  it('tries once more where the storage is busy, and no third time', async () => {
    let asked = 0;
    let isFirst = true;
    const { endpoint, stop } = await listening((_, response) => {
      asked++;
      response.writeHead(isFirst ? 503 : 404).end();
      isFirst = false;
    });
    assert.equal(await storageAt({ ...place, endpoint }).head(object()), undefined);
    assert.equal(asked, 2);
    stop();
  });

  it('asks no private network unless it may, and no metadata service ever', async () => {
    const dns = await startDnsServer({
      'inside.example.com': { A: ['10.0.0.1'] },
      'both.example.com': { A: ['192.0.2.1', '192.168.0.1'] },
      'metadata.example.com': { A: ['169.254.169.254'] },
      'here.example.com': { A: ['127.0.0.1'] },
    });
    const named = createDnsRecords({ servers: [dns.address] });
    const dnsStep = async (endpoint: string, privateEndpoints = false) => {
      const guard = { clock: systemClock, privateEndpoints, records: named };
      const storage = createS3Storage({ ...place, endpoint }, guard);
      if (!privateEndpoints) await assert.rejects(storage.head(object()), { error: 'service_unavailable' });
      const [step] = await storage.test();
      return step;
    };
    try {
      for (const host of ['10.0.0.1', 'inside.example.com', 'both.example.com', '[fc00::1]']) {
        const step = await dnsStep(`https://${host}`);
        assert.deepEqual({ step: step?.step, ok: step?.ok }, { step: 'dns', ok: false }, host);
        assert.match(step?.repair ?? '', /ASSET_PRIVATE_ENDPOINTS/);
      }
      for (const host of ['169.254.169.254', 'metadata.example.com', '0.0.0.0'])
        assert.match((await dnsStep(`https://${host}`, true))?.repair ?? '', /no storage has/, host);
      const plain = await dnsStep('http://both.example.com', true);
      assert.match(plain?.repair ?? '', /https/);
    } finally {
      await dns.stop();
    }
  });

  it('is judged at each connection, not only when it was set', async () => {
    const dns = await startDnsServer({ 'storage.example.com': { A: ['127.0.0.1'] } });
    const { port, stop } = await listening((_, response) => response.writeHead(404).end());
    try {
      const storage = createS3Storage(
        { ...place, endpoint: `http://storage.example.com:${port}` },
        {
          clock: systemClock,
          privateEndpoints: false,
          records: createDnsRecords({ servers: [dns.address] }),
        },
      );
      assert.equal(await storage.head(object()), undefined);
      dns.zone = { 'storage.example.com': { A: ['10.0.0.1'] } };
      await assert.rejects(storage.head(object()), (error: Error) => {
        assert.equal((error.cause as Error).name, 'ForbiddenAddress');
        return true;
      });
    } finally {
      stop();
      await dns.stop();
    }
  });
});
