import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createHostClient, eachRow, HostClientError } from '../../../client/host/index.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';
import { listenOnLoopback } from '../../support/listen.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that answers one request after the other with these, then with the last. */
async function scripted(...answers: Answer[]) {
  const asked: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    asked.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    (answers[asked.length - 1] ?? answers.at(-1))?.(request, response);
  });
  const { url } = await listenOnLoopback(server);
  return {
    asked,
    url,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify(body));
  };
const hangUp: Answer = (request) => request.socket.destroy();
const silent: Answer = () => {};

async function failureOf(work: Promise<unknown>): Promise<HostClientError> {
  const error: unknown = await work.then(
    () => assert.fail('answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof HostClientError);
  return error;
}

describe('a call of the host client', () => {
  it('sends the secret, the operator and JSON, and answers what the route answers', async () => {
    const host = await scripted(json(200, { appId: 'a' }));
    const client = createHostClient({ url: `${host.url}/`, secret: 's', operator: 'Zoë "Zed"' });
    assert.deepEqual(await client.apps.create({ name: 'Ü' }), { appId: 'a' });
    const [{ method, path, headers } = assert.fail()] = host.asked;
    assert.deepEqual(
      [method, path, headers['server-secret'], headers.operator, headers['content-type']],
      ['POST', '/api/app', 's', 'Zo%C3%AB%20%22Zed%22', 'application/json'],
    );
    host.stop();
  });

  it('asks three times in all for what changes nothing, and once for what does', async () => {
    const host = await scripted(hangUp, json(503, { status: 'Fails', message: 'busy' }), json(200, true));
    const client = createHostClient({ url: host.url, secret: 's' });
    assert.equal(await client.host.ping(), true);
    assert.equal(host.asked.length, 3);
    host.stop();
    const broken = await scripted(hangUp);
    const other = createHostClient({ url: broken.url, secret: 's' });
    assert.equal((await failureOf(other.apps.reset({ appId: 'a' }))).kind, 'unreachable');
    assert.equal(broken.asked.length, 1);
    assert.equal((await failureOf(other.host.ping())).kind, 'unreachable');
    assert.equal(broken.asked.length, 4);
    broken.stop();
  });

  it('waits as long as Retry-After asks, and gives up where that is too long', async () => {
    const soon = await scripted(
      json(429, { code: 429, message: 'slow down' }, { 'retry-after': '1' }),
      json(200, true),
    );
    const startedAt = performance.now();
    assert.equal(await createHostClient({ url: soon.url, secret: 's' }).host.ping(), true);
    // Timers may be a little early.
    assert.ok(performance.now() - startedAt >= 990);
    soon.stop();
    const late = await scripted(json(503, { status: 'Fails', message: 'later' }, { 'retry-after': '60' }));
    const error = await failureOf(createHostClient({ url: late.url, secret: 's' }).host.ping());
    assert.deepEqual([error.kind, error.status, error.retryAfter], ['refused', 503, 60]);
    assert.equal(late.asked.length, 1);
    late.stop();
  });

  it('ends at its time-out and when it is given up', async () => {
    const host = await scripted(silent);
    const client = createHostClient({ url: host.url, secret: 's', timeoutMs: 100 });
    assert.equal((await failureOf(client.host.ping())).kind, 'timeout');
    const controller = new AbortController();
    const given = client.host.ping({ signal: controller.signal, timeoutMs: 60_000 });
    controller.abort();
    assert.equal((await failureOf(given)).kind, 'aborted');
    host.stop();
  });

  it('tells what else may answer at an address from a host', async () => {
    const page = await scripted((_request, response) => response.end('<h1>Welcome to nginx</h1>'));
    const redirect = await scripted((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    );
    const cut = await scripted((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"a":');
      setTimeout(() => response.destroy(), 20);
    });
    for (const [host, kind] of [
      [page, 'bad_response'],
      [redirect, 'bad_response'],
      [cut, 'unreachable'],
    ] as const) {
      const client = createHostClient({ url: host.url, secret: 's' });
      assert.equal((await failureOf(client.host.ping())).kind, kind);
      host.stop();
    }
  });

  it('reads a list to its end', async () => {
    const host = await scripted(
      json(200, { rows: [{ id: '1' }, { id: '2' }], next: 'x' }),
      json(200, { rows: [{ id: '3' }] }),
    );
    const client = createHostClient({ url: host.url, secret: 's' });
    const ids: string[] = [];
    for await (const { id } of eachRow((paging) => client.host.messages(paging))) ids.push(id);
    assert.deepEqual(ids, ['1', '2', '3']);
    assert.deepEqual(
      host.asked.map(({ path }) => path),
      ['/api/host/messages?limit=100', '/api/host/messages?after=x&limit=100'],
    );
    host.stop();
  });
});

describe('refusals of a real host', () => {
  let host: TestHost;
  before(async () => {
    host = await startTestHost();
  });
  after(() => host.stop());

  it('say which member is to blame, and name the request in the log', async () => {
    const client = createHostClient({ url: host.url, secret: host.serverSecret });
    const error = await failureOf(client.apps.create({ name: '' }));
    assert.deepEqual(
      [error.kind, error.status, error.reason, error.field],
      ['refused', 400, 'missing', 'name'],
    );
    assert.ok(host.lines.some(({ requestId }) => requestId === error.requestId));
  });

  it('tell a secret that is none from everything else', async () => {
    for (const secret of ['', 'nonsense', host.serverSecret.slice(0, -9)]) {
      const client = createHostClient({ url: host.url, secret });
      assert.equal((await failureOf(client.host.ping())).kind, 'secret_refused');
      assert.equal((await failureOf(client.apps.create({ name: 'x' }))).kind, 'secret_refused');
    }
    const right = createHostClient({ url: host.url, secret: () => host.serverSecret });
    assert.equal(await right.host.ping(), true);
    const gone = await failureOf(right.apps.get({ appId: 'f'.repeat(32) }));
    assert.deepEqual([gone.kind, gone.status], ['refused', 403]);
  });
});
