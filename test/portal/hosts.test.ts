import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { outboundFetch, resolveHost } from '../../portal/outbound.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { listenOnLoopback } from '../support/listen.ts';
import { makeOperator, PortalClient } from '../support/portal-client.ts';
import { until } from '../support/until.ts';

describe('the hosts of the portal', () => {
  let host: TestHost;
  let other: TestHost;
  let browser: PortalClient;
  before(async () => {
    [host, other] = await Promise.all([startTestHost({ now: Date.now() }), startTestHost()]);
    browser = new PortalClient(host);
    await browser.signIn(await makeOperator(host));
  });
  after(async () => {
    browser.close();
    await Promise.all([host.stop(), other.stop()]);
  });
  const add = async (fields: Record<string, string>) => {
    keepTime();
    await browser.get('/portal/hosts/add');
    return browser.post('/portal/hosts/add', {
      name: 'other',
      url: other.url,
      secret: other.serverSecret,
      ...fields,
    });
  };
  /** The clocks of the two hosts are compared; the other's is the machine's. */
  const keepTime = () => host.clock.advance(Date.now() - host.clock.now());
  const stored = () => host.deps.store.managedHosts.list();

  it('are this one at first', async () => {
    const { text } = await browser.get('/portal/hosts');
    assert.equal(text.match(/<tr data-row/g)?.length, 1);
    assert.match(text, /This host/);
    assert.match(text, />Reachable</);
  });

  it('take another only after trying it, and say what failed', async () => {
    for (const [fields, said] of [
      [{ name: '' }, /aria-invalid="true"/],
      [{ url: 'auth.example.com' }, /Write it as https/],
      [{ secret: '' }, /server secret is missing/],
      [{ secret: 'not-its-secret' }, /Refused\. Check it/],
      [{ url: 'https://nobody.invalid' }, /Nobody has this name/],
      [{ url: 'http://169.254.169.254' }, /never asked/],
      [{ url: 'https://10.0.0.1' }, /private address/],
      [{ url: 'http://192.0.2.1' }, /Only https/],
      [{ url: `${other.url}/nothing` }, /not a host of ours/],
    ] as const) {
      const page = await add(fields);
      assert.equal(page.status, 422, JSON.stringify(fields));
      assert.match(page.text, said, JSON.stringify(fields));
      assert.equal(page.text.includes(other.serverSecret), false, 'a secret is never shown again');
    }
    assert.deepEqual(await stored(), []);
    assert.equal((await add({})).status, 303);
    assert.match((await add({})).text, /Another host has this name/);
    const { text } = await browser.get('/portal/hosts');
    assert.ok(text.includes(other.url));
    assert.doesNotMatch(text, new RegExp(other.serverSecret));
  });

  it('send a kept secret to no other address', async () => {
    const [{ id } = { id: '' }] = await stored();
    const path = `/portal/hosts/${id}/edit`;
    await browser.get(path);
    keepTime();
    const renamed = await browser.post(path, { name: 'renamed', url: other.url, secret: '', private: 'on' });
    assert.equal(renamed.status, 303);
    await browser.get(path);
    const moved = await browser.post(path, { name: 'renamed', url: host.url, secret: '' });
    assert.equal(moved.status, 422);
    assert.match(moved.text, /The address is another one/);
    assert.deepEqual(
      (await stored()).map(({ name, url }) => [name, url]),
      [['renamed', other.url]],
    );
    await browser.get('/portal/hosts');
    const { text } = await browser.follow(await browser.post(`/portal/hosts/${id}/remove`));
    assert.match(text, /The host is removed/);
    const { rows } = await host.deps.store.audit.list({}, { limit: 3 });
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['removeHost', 'editHost', 'addHost'],
    );
    assert.deepEqual(rows[1]?.changes, [
      { field: 'name', before: 'other', after: 'renamed' },
      { field: 'privateAllowed', before: 'false', after: 'true' },
    ]);
    assert.equal(JSON.stringify(rows).includes(other.serverSecret), false);
  });
});

describe('asking another host', () => {
  let server: Server;
  let port: number;
  /** Lets the one who was sent a file read it. */
  let takes: (() => void) | undefined;
  before(async () => {
    server = createServer((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
      else if (request.url?.startsWith('/large')) response.end(Buffer.alloc(8 * 1024 * 1024 + 1));
      else if (request.url?.startsWith('/slow')) {
        response.write('begun');
        setTimeout(() => response.end(', done'), 600);
      } else if (request.url === '/never') request.resume();
      else if (request.url === '/swallow') {
        let size = 0;
        request.on('end', () => response.end(String(size)));
        takes = () => {
          request.on('data', ({ length }: Buffer) => {
            size += length;
          });
        };
      } else response.end(`${request.method} ${request.headers.host}`);
    });
    ({ port } = await listenOnLoopback(server));
  });
  after(() => server.close());

  it('goes to private networks only where that was allowed, and by https but to this machine', async () => {
    const fault = (url: string, privateAllowed = false) =>
      resolveHost(new URL(url), privateAllowed).then(
        ({ address }) => address,
        (error: { fault: string }) => error.fault,
      );
    assert.equal(await fault('https://10.0.0.1'), 'private');
    assert.equal(await fault('https://10.0.0.1', true), '10.0.0.1');
    assert.equal(await fault('http://10.0.0.1', true), 'httpsOnly');
    assert.equal(await fault('https://[fd00:ec2::254]', true), 'forbidden');
    assert.equal(await fault('https://0x7f.1'), '127.0.0.1');
    assert.equal(await fault('https://2852039166', true), 'forbidden');
    assert.equal(await fault('http://localhost'), (await fault('https://localhost')) as string);
  });

  it('reads answers up to a size and a time, and files to their end', async () => {
    const at = `http://127.0.0.1:${port}`;
    const fetch = outboundFetch({ privateAllowed: true, timeoutMs: 300 });
    await assert.rejects((await fetch(`${at}/slow/api/app/users`)).text());
    assert.equal(await (await fetch(`${at}/slow/api/app/export`)).text(), 'begun, done');
    const patient = outboundFetch({ privateAllowed: true });
    await assert.rejects((await patient(`${at}/large/api/app/users`)).arrayBuffer(), { name: 'RangeError' });
    const file = await (await patient(`${at}/large/api/app/exportHost?x=1`)).arrayBuffer();
    assert.equal(file.byteLength, 8 * 1024 * 1024 + 1);
  });

  it('sends a file as it is read, for as long as the other takes it', async () => {
    const piece = new Uint8Array(64 * 1024);
    const pieces = 1536;
    let read = 0;
    const file = new File([], 'file');
    // Bytes are asked for by `stream`, and counted.
    file.stream = () =>
      new ReadableStream({
        pull(controller) {
          if (read === pieces) return controller.close();
          read++;
          controller.enqueue(piece);
        },
      });
    Object.defineProperty(file, 'size', { value: pieces * piece.length });
    const fetch = outboundFetch({ privateAllowed: true, timeoutMs: 300 });
    const sent = fetch(`http://127.0.0.1:${port}/swallow`, { method: 'POST', body: file });
    await until('the other has the head', () => takes !== undefined);
    await pause(400);
    const readAhead = read;
    takes?.();
    const answer = await sent;
    assert.equal(await answer.text(), String(pieces * piece.length));
    assert.ok(readAhead < pieces / 2, `${readAhead} of ${pieces} pieces were read while nobody took them`);
    const silent = fetch(`http://127.0.0.1:${port}/never`, { method: 'POST', body: new Blob() });
    await assert.rejects(silent, ({ cause }: Error) => (cause as Error).name === 'TimeoutError');
  });

  it('follows no redirect', async () => {
    const fetch = outboundFetch({ privateAllowed: true });
    const answer = await fetch(`http://127.0.0.1:${port}/away`);
    assert.equal(answer.status, 302);
    assert.equal(
      await (await fetch(`http://localhost:${port}/`, { method: 'POST' })).text(),
      `POST localhost:${port}`,
    );
    await assert.rejects(fetch('http://169.254.169.254/'), { name: 'OutboundError' });
  });
});
