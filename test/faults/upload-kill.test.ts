import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { call } from '../http/asset/stage.ts';
import { makeDataDir, startTestHost } from '../support/host.ts';
import { type HostProcess, startHostProcess } from '../support/host-process.ts';

const MB = 1_048_576;
const SIZE = 24 * MB;
const KILLS = 3;
const PIECE = 65_536;

/** What `init` and `create` answer. */
interface Told {
  contentId: string;
  writeUrls: { writeUrl: string };
  headers: Record<string, string>;
  size: number;
  url: string;
}

describe('a host killed while it receives a file', { timeout: 120_000 }, () => {
  const file = randomBytes(SIZE);
  let dataDir: string;
  let token: string;
  let host: HostProcess;
  before(async () => {
    ({ dataDir } = makeDataDir());
    const filler = await startTestHost({ dataDir, now: Date.now() });
    const app = await filler.createApp({ assetStorage: 'local', assetTypes: '*/*' });
    token = await filler.accessToken(app, await filler.createUser(app));
    await filler.stop();
    host = startHostProcess({ dataDir });
  });
  after(async () => {
    await host.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** The address of the same file at the host that runs now. */
  async function here(address: string): Promise<string> {
    const { pathname, search } = new URL(address);
    return `http://127.0.0.1:${await host.listening}${pathname}${search}`;
  }
  async function api(name: string, json: object) {
    const answer = await fetch(await here(`http://host/api/asset/${name}`), {
      method: 'POST',
      headers: { 'access-token': token, 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
    assert.equal(answer.status, 200);
    return (await answer.json()) as Told;
  }

  it('goes on from where it was killed, and every byte is right in the end', async () => {
    const begun = await api('init', { filePath: 'a.bin', contentType: 'application/x-bin', size: SIZE });
    const { writeUrl } = begun.writeUrls;
    let from = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const until = (SIZE / (KILLS + 1)) * kill;
      await send(writeUrl, begun.headers, from, until);
      host.child.kill('SIGKILL');
      await host.ended;
      host = startHostProcess({ dataDir });
      const { headers } = await call('HEAD', await here(writeUrl));
      const offset = Number(headers['upload-offset']);
      // What was on its way is lost, what was received is not.
      assert.ok(offset > from && offset <= until, `${offset} of ${until}, from ${from}`);
      from = offset;
    }
    const [answer] = await send(writeUrl, begun.headers, from, SIZE);
    assert.equal(answer?.statusCode, 200);
    const made = await api('create', { contentId: begun.contentId });
    assert.equal(made.size, SIZE);
    const { bytes } = await call('GET', await here(made.url));
    assert.equal(digest(bytes), digest(file));
  });

  /** Sends the bytes up to `until`; of a file that is not whole by then the connection stays open. */
  async function send(address: string, headers: object, from: number, until: number) {
    const range = from > 0 ? { 'content-range': `bytes ${from}-${SIZE - 1}/${SIZE}` } : {};
    const sent = request(await here(address), {
      method: 'PUT',
      headers: { ...headers, ...range, 'content-length': String(SIZE - from) },
    });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => {});
    for (let at = from; at < until; at += PIECE)
      if (!sent.write(file.subarray(at, Math.min(at + PIECE, until)))) await once(sent, 'drain');
    if (until < SIZE) return [];
    sent.end();
    return answered;
  }
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
