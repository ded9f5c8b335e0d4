import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { packClient } from '../../client/build/pack.ts';
import type { App } from '../../server/model/app.ts';
import { chromiumObstacle, launchChromium } from '../support/chromium.ts';
import { startTestHost, type TestHost } from '../support/host.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`));
const TSC = join(folderOf('typescript'), 'bin', 'tsc');
/** What applications bring themselves. */
const PEERS = [
  'jose',
  'react',
  'react-dom',
  'scheduler',
  '@types/react',
  'csstype',
  '@types/node',
  'undici-types',
];
const STRICT = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];

const CODES = `
  invalid_app_token app_gone app_suspended missing_parameter user_suspended session_ended invitations_off
  signup_off authenticator_off sms_off no_verified_phone code_expired phone_taken app_migrated anonymous_off
  apple_off google_off too_many_requests server_error unavailable wrong_credentials handle_taken invalid_data
  unknown_account invalid_metadata user_name_taken user_names_off not_verified password_account_exists
  apple_account_exists google_account_exists invalid_identity_token wrong_code network timeout aborted
  bad_response`
  .trim()
  .split(/\s+/);

/** A program whose switch names these codes and no others. */
function switching(codes: readonly string[]): string {
  return `
    import { type AuthError, createAuth, type ErrorCode, type Session, webStorage } from 'cosync-auth-client';
    const auth = createAuth({ url: 'https://auth.example.com', appToken: 'a.b.c', storage: webStorage() });
    function said(code: ErrorCode): string {
      switch (code) {
        ${codes.map((code) => `case '${code}': return 'about ${code}';`).join('\n')}
      }
    }
    const result = await auth.logIn({ handle: 'ada', password: 'word' }, { timeoutMs: 5_000 });
    if (!result.ok) { const { error }: { error: AuthError } = result; said(error.code); }
    else if (result.value.state === 'secondFactor') {
      const kind: 'totp' | 'sms' = result.value.kind;
      const finished = await result.value.finish(kind);
      if (finished.ok) { const session: Session = finished.value; said(session.user.handle as ErrorCode); }
    }
    const begun = await auth.orThrow.signUp({ handle: 'ada', password: 'word' });
    if (begun.state === 'linkSent') await begun.waitUntilVerified({ signal: new AbortController().signal });
    const ends: Date | undefined = auth.session?.expiresAt;
    export { ends };`;
}

describe('the packed client', () => {
  const folder = mkdtempSync(join(tmpdir(), 'client-project-'));
  let host: TestHost;
  let app: App;
  before(async () => {
    const archive = packClient(folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
    const install = [
      'install',
      '--offline',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `file:${archive}`,
    ];
    await run('npm', install, { cwd: folder });
    for (const name of PEERS) {
      const place = join(folder, 'node_modules', name);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(folderOf(name), place);
    }
    host = await startTestHost({ now: Date.now() });
    app = await host.createApp({ signupFlow: 'none' });
  });
  after(async () => {
    await host.stop();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  async function printed(name: string, text: string): Promise<string> {
    write(name, text);
    return (await run(process.execPath, [name], { cwd: folder })).stdout.trim();
  }
  /** What the compiler says of a program. */
  async function compiled(name: string, text: string, options: readonly string[]): Promise<string> {
    write(name, text);
    const answer = await run(process.execPath, [TSC, ...STRICT, ...options, name], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    return answer.stdout.trim();
  }

  it('holds what was compiled, and its declarations, and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', join(folder, 'cosync-auth-client-1.0.0.tgz')]);
    const files = stdout.trim().split('\n');
    const others = files
      .filter((file) => !/^package\/dist\/\w+\/(?:assets\/)?[\w-]+(?:\.d\.ts|\.js)$/.test(file))
      .sort();
    assert.deepEqual(others, ['package/LICENSE', 'package/README.md', 'package/package.json']);
    for (const entry of ['user', 'react', 'verify', 'node', 'host']) {
      assert.ok(files.includes(`package/dist/${entry}/index.js`), entry);
      assert.ok(files.includes(`package/dist/${entry}/index.d.ts`), entry);
    }
    const own = join(folder, 'node_modules', 'cosync-auth-client');
    const sources = files.filter((file) => file.includes('/dist/'));
    for (const file of sources) {
      const text = readFileSync(join(own, file.replace('package/', '')), 'utf8');
      assert.doesNotMatch(text, /['"]\.\.?\/[^'"]+(?<!\.d)\.ts['"]/, `${file} imports what is not there`);
    }
    const ofUsers = sources.filter((file) => file.startsWith('package/dist/user/') && file.endsWith('.js'));
    for (const file of ofUsers) {
      assert.doesNotMatch(readFileSync(join(own, file.replace('package/', '')), 'utf8'), /node:/, file);
    }
  });

  it('works in plain JavaScript, every entry', async () => {
    const text = await printed(
      'plain.js',
      `import { createAuth } from 'cosync-auth-client';
       import { fileStorage } from 'cosync-auth-client/node';
       import { createVerifier } from 'cosync-auth-client/verify';
       import { createHostClient } from 'cosync-auth-client/host';
       const auth = createAuth({
         url: '${host.url}', appToken: '${app.appToken}', storage: fileStorage('./session.json'),
       });
       await auth.orThrow.signUp({ handle: 'plain@example.com', password: 'Correct-Horse-1' });
       const { verify } = createVerifier({ issuer: 'http://localhost:${host.port}/apps/${app.id}' });
       const { sub } = await verify(await auth.token());
       const operator = createHostClient({ url: '${host.url}', secret: '${host.serverSecret}' });
       const { rows } = await operator.users.list({ appId: '${app.id}' });
       console.log(sub === auth.session.user.sub, rows.map(({ handle }) => handle).join());`,
    );
    assert.equal(text, 'true plain@example.com');
  });

  it('is typed: a switch over every code compiles, one with a typo or a hole does not', async () => {
    const inNode = ['--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const inBrowser = ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022'];
    const bare = [...inBrowser, '--lib', 'es2022,dom', '--types', ''];
    assert.equal(await compiled('whole.ts', switching(CODES), inNode), '');
    assert.equal(await compiled('whole.ts', switching(CODES), bare), '', 'without the types of Node');
    const typo = switching(CODES.map((code) => (code === 'wrong_code' ? 'wrong_kode' : code)));
    assert.match(await compiled('typo.ts', typo, inNode), /TS2678.*"wrong_kode"/);
    assert.match(await compiled('hole.ts', switching(CODES.slice(1)), inNode), /TS2366/);
    const entries = `
      import { AuthProvider, useUser } from 'cosync-auth-client/react';
      import { createVerifier, TokenError } from 'cosync-auth-client/verify';
      import { fileStorage } from 'cosync-auth-client/node';
      import { createHostClient, type App, eachRow } from 'cosync-auth-client/host';
      const host = createHostClient({ url: 'https://auth.example.com', secret: 's' });
      const app: App = await host.apps.get({ appId: 'a' });
      for await (const { handle } of eachRow((paging) => host.users.list({ appId: app.appId, ...paging }))) {
        console.log(handle satisfies string);
      }
      export { AuthProvider, createVerifier, fileStorage, TokenError, useUser };`;
    assert.equal(await compiled('entries.ts', entries, [...inNode, '--skipLibCheck']), '');
  });

  it('renders on a server with React', async () => {
    const text = await printed(
      'render.js',
      `import { createElement } from 'react';
       import { renderToString } from 'react-dom/server';
       import { createAuth } from 'cosync-auth-client';
       import { AuthProvider, useUser } from 'cosync-auth-client/react';
       const auth = createAuth({ url: '${host.url}', appToken: '${app.appToken}' });
       const Name = () => createElement('p', null, useUser()?.handle ?? 'nobody');
       console.log(renderToString(createElement(AuthProvider, { auth }, createElement(Name))));`,
    );
    assert.equal(text, '<p>nobody</p>');
  });

  it('works in a bundle in a browser', { skip: chromiumObstacle() ?? false }, async () => {
    write(
      'page.js',
      `import { createAuth, webStorage } from 'cosync-auth-client';
       const auth = createAuth({ url: location.origin, appToken: '${app.appToken}', storage: webStorage() });
       const result = await auth.signUp({ handle: 'page@example.com', password: 'Correct-Horse-1' });
       document.title = result.ok ? auth.session.user.handle : result.error.message;`,
    );
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ['page.js'],
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    const browser = await launchChromium();
    const page = await browser.newPage();
    const body = `<!doctype html><script type="module">${outputFiles[0]?.text}</script>`;
    await page.route('**/page.html', (route) => route.fulfill({ contentType: 'text/html', body }));
    await page.goto(`http://localhost:${host.port}/page.html`);
    await page.waitForFunction("document.title === 'page@example.com'");
    await browser.close();
  });
});
