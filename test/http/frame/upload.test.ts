import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { UploadFolders } from '../../../server/http/frame/upload-folders.ts';
import { portalRoute } from '../../../server/http/route.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

interface Seen {
  fields: object;
  text?: string;
  path?: string;
  mode?: number;
}
const MB = 1024 * 1024;

describe('uploads', () => {
  let host: TestHost;
  let seen: Seen | undefined;
  before(async () => {
    const route = portalRoute({
      method: 'POST',
      path: '/api/app/upload',
      summary: '',
      answer: z.unknown(),
      upload: { maxMb: 'importMaxMb', stillMs: 400 },
      input: z.object({ appName: z.string().max(20).optional() }),
      respond: async ({ input: fields, request: { file } }) => {
        seen = { fields };
        if (file) {
          const mode = statSync(dirname(file.path)).mode & 0o777;
          seen = { fields, path: file.path, text: readFileSync(file.path, 'latin1'), mode };
        }
        return { size: file?.size };
      },
    });
    host = await startTestHost({ routes: [route], config: { importMaxMb: 1 } });
  });
  after(() => host.stop());

  const upload = (parts: [string, string | Blob][], headers = {}) => {
    const form = new FormData();
    for (const [name, value] of parts) {
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, value, '../../evil.zip');
    }
    seen = undefined;
    return fetch(`${host.url}/api/app/upload`, {
      method: 'POST',
      body: form,
      headers: { 'server-secret': host.serverSecret, ...headers },
    });
  };

  it('gives the route a private file that is gone afterwards', async () => {
    const answer = await upload([
      ['appName', 'Åpp'],
      ['file', new Blob(['content'])],
    ]);
    assert.deepEqual([answer.status, await answer.json()], [200, { size: 7 }]);
    assert.deepEqual({ ...seen?.fields }, { appName: 'Åpp' });
    assert.deepEqual([seen?.text, seen?.mode], ['content', 0o700]);
    assert.ok(seen?.path && !seen.path.includes('evil') && !existsSync(dirname(seen.path)));
  });

  it('refuses another part name, two files and repeated fields with Fails/400', async () => {
    const file = new Blob(['x']);
    const wrong: [reason: string, field: string | undefined, parts: [string, string | Blob][]][] = [
      ['missing', 'file', [['upload', file]]],
      [
        'not_json',
        undefined,
        [
          ['file', file],
          ['file', file],
        ],
      ],
      [
        'wrong_type',
        'appName',
        [
          ['appName', 'a'],
          ['appName', 'b'],
        ],
      ],
      ['too_long', 'appName', [['appName', 'a'.repeat(21)]]],
    ];
    for (const [reason, field, parts] of wrong) {
      const answer = await upload(parts);
      const body = (await answer.json()) as Record<string, string>;
      assert.deepEqual([answer.status, body.status, body.reason, body.field], [400, 'Fails', reason, field]);
    }
  });

  it('refuses more than IMPORT_MAX_MB with 413', async () => {
    const answer = await upload([['file', new Blob([Buffer.alloc(MB + 1)])]]);
    assert.equal(answer.status, 413);
    assert.equal(seen, undefined);
  });

  it('receives nothing without the server secret', async () => {
    const answer = await upload([['file', new Blob(['x'])]], { 'server-secret': '' });
    assert.deepEqual([answer.status, seen], [403, undefined]);
  });

  it('refuses a body that is no multipart form, or has no file, as one without a file', async () => {
    const json = await host.portal('POST', '/api/app/upload', { json: { appName: 'x' } });
    const bare = await upload([['appName', 'x']]);
    for (const body of [json.body, await bare.json()]) {
      const { status, reason, field } = body as Record<string, string>;
      assert.deepEqual([status, reason, field], ['Fails', 'missing', 'file']);
    }
    assert.equal(seen, undefined);
  });

  /** The beginning of a file, in a body of unknown length that `go` may continue. */
  function endless(go: (send: (text: string) => void) => void) {
    const head =
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: a/b\r\n\r\n';
    const body = new ReadableStream<Uint8Array>({
      start: (sink) => {
        const send = (text: string) => sink.enqueue(new TextEncoder().encode(text));
        send(head);
        go(send);
      },
    });
    const headers = { 'server-secret': host.serverSecret, 'content-type': 'multipart/form-data; boundary=x' };
    const request: RequestInit = { method: 'POST', body, headers, duplex: 'half' };
    return fetch(`${host.url}/api/app/upload`, request);
  }

  it('ends with the connection of a body that stands still', async () => {
    seen = undefined;
    await assert.rejects(endless(() => {}));
    assert.equal(seen, undefined);
  });

  it('refuses a file of unknown length when the disk is full before its end', async (context) => {
    let looks = 0;
    context.mock.method(UploadFolders.prototype, 'hasRoom', async () => ++looks < 3);
    let drip: NodeJS.Timeout | undefined;
    const answer = await endless((send) => {
      drip = setInterval(() => send('more'), 20);
    });
    clearInterval(drip);
    const { status, reason, field } = (await answer.json()) as Record<string, string>;
    assert.deepEqual([answer.status, status, reason, field], [400, 'Fails', 'too_long', 'file']);
    assert.deepEqual(readdirSync(join(host.dataDir, 'uploads')), []);
  });

  it('refuses a broken form', async () => {
    for (const raw of [
      'nothing',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nPK',
    ]) {
      const answer = await host.portal('POST', '/api/app/upload', {
        raw,
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      });
      assert.deepEqual([answer.status, answer.body.status], [400, 'Fails'], raw);
    }
  });
});
