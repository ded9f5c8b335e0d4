import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { App } from '../../server/model/app.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';
import { listenOnLoopback } from '../support/listen.ts';
import { codeOf } from '../support/outbox.ts';
import { startShell } from '../support/shell-session.ts';
import { assertLike, sectionsOf, valuesIn } from './page.ts';

const [start, ...sections] = sectionsOf('quick-start.md');
const CLIENT = new URL('../../client/user/index.ts', import.meta.url);
const REQUESTS = readFileSync(new URL('../../docs/contract/client-requests.md', import.meta.url), 'utf8');

describe('docs/quick-start.md', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    host = await startTestHost({ now: Date.now() });
    app = await host.createApp({ signupFlow: 'code' });
  });
  after(() => host.stop());

  const code = (heading: string) => {
    const text = sections.find((section) => section.heading === heading)?.blocks[0]?.text;
    assert.ok(text, `the page has no section ${heading}`);
    return text;
  };
  const filled = (text: string) => text.replaceAll('$URL', host.url).replaceAll('$APP_TOKEN', app.appToken);
  const mailed = async () => {
    const line = (await host.outbox()).findLast(({ appId }) => appId === app.id);
    assert.ok(line);
    return codeOf(line);
  };

  it('begins with address and app token', () => {
    assert.match(start?.blocks[0]?.text ?? '', /^URL=\S+\nAPP_TOKEN=\S+\n$/);
  });

  it('signs up and logs in with curl, then from Node', async () => {
    const shell = startShell();
    try {
      await shell.paste(`URL=${host.url}\nAPP_TOKEN=${app.appToken}`);
      const [settings, sent, joined, loggedIn] = valuesIn(await shell.paste(code('curl'), mailed));
      assertLike(settings, { signupFlow: 'code', passwordText: true }, 'getApplication');
      assert.equal(sent, true);
      for (const tokens of [joined, loggedIn])
        assertLike(tokens, { jwt: '…', 'access-token': '…' }, 'tokens');
    } finally {
      shell.close();
    }
    const folder = mkdtempSync(join(tmpdir(), 'quick-start-'));
    try {
      const library = join(folder, 'node_modules/cosync-auth-client');
      mkdirSync(library, { recursive: true });
      writeFileSync(join(library, 'package.json'), '{"type":"module","exports":"./index.js"}');
      writeFileSync(join(library, 'index.js'), `export * from ${JSON.stringify(CLIENT)};`);
      writeFileSync(join(folder, 'main.ts'), filled(code('Node and bundlers')));
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'main.ts')]);
      assert.match(stdout, /^loggedIn\nyou@example\.com [\w-]+\.[\w-]+\.[\w-]+\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('signs up from a page in a browser', { skip: chromiumObstacle() ?? false }, async () => {
    const server = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end(filled(code('Browser')));
    });
    const { url } = await listenOnLoopback(server);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      page.on('dialog', async (dialog) => dialog.accept(await mailed()));
      await page.goto(url);
      await page.getByText('nobody').waitFor();
      await page.fill('[name=handle]', 'page@example.com');
      await page.fill('[name=password]', 'Correct-Horse-1');
      await page.click('button');
      await page.locator('#state', { hasText: 'page@example.com' }).waitFor();
    } finally {
      await browser.close();
      server.close();
    }
  });

  it('writes Swift whose requests the client is known to send', () => {
    const swift = code('Swift');
    assert.match(swift, /configure\(appToken: "\$APP_TOKEN", cosyncRestAddress: "\$URL"\)/);
    const calls = [...swift.matchAll(/try await CosyncJWTRest\.shared\.(\w+)\("([^"]+)"/g)];
    assert.deepEqual(
      calls.map(([, name]) => name),
      ['signup', 'completeSignup'],
    );
    const metaData = /let metaData = "(.*)"/.exec(swift)?.[1]?.replaceAll('\\"', '"') ?? '';
    for (const [, name = '', handle = ''] of calls) {
      const row = REQUESTS.split('\n').find((line) => line.includes(`\`POST /api/appuser/${name}\`, app`));
      assert.ok(row?.includes(`handle=${handle.replace('+', '%2B')}&`), name);
      if (name === 'signup') assert.ok(row?.includes(`&metaData=${metaData}&locale=EN`));
      else assert.ok(row?.includes(`&code=${/code: "(\d+)"/.exec(swift)?.[1]}\``));
    }
  });

  it('writes Kotlin that sends what the client is known to send', () => {
    const kotlin = code('Kotlin');
    const recorded =
      /## Kotlin .*?```\n(?<verb>\w+) (?<path>\S+)\napp-token: .*?\nContent-Type: (?<type>.*?)\n\n(?<body>.*?)\n```/s;
    const { verb, path, type, body = '' } = recorded.exec(REQUESTS)?.groups ?? {};
    assert.equal(verb, 'POST');
    assert.ok(kotlin.includes(`.url("$URL${path}")`));
    assert.ok(kotlin.includes('.header("app-token", "$APP_TOKEN")'));
    assert.ok(kotlin.includes(`.post(json.toRequestBody("${type}".toMediaType()))`));
    assert.ok(kotlin.includes(`"""${body.replace('<md5>', '$md5')}"""`));
  });
});
