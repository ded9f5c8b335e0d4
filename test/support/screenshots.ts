import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import { startTestHost } from './host.ts';
import { TerminalSession } from './terminal-session.ts';

// Makes the pictures of the README: `node test/support/screenshots.ts`. The wizard in a real terminal, the
// page in a real browser.

const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const module = createRequire(import.meta.url);
const COLUMNS = 90;

/** Answers the wizard's questions with their defaults and gives back everything the terminal got. */
async function runWizard(folder: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: folder, PORT: '3000', SERVER_NAME: 'auth' };
  const command = `exec ${process.execPath} ${PROJECT}/setup/start.mjs --no-start`;
  const session = new TerminalSession(command, { cwd: folder, env, columns: COLUMNS });
  await session.answer('Public address of the host', 'https://auth.example.com');
  for (const question of [
    'Port',
    'Name of the host',
    'Database',
    'Private key',
    'Pass phrase',
    'Mail',
    'SMS',
  ]) {
    await session.answer(question);
  }
  await session.answer('Reverse proxies', '1');
  await session.answer('Name of the first app', 'demo');
  await session.answer('Its users sign up');
  await session.answer('E-mail of an operator');
  await session.answer('Write it', 'y');
  await session.exited;
  return session.raw.replaceAll(folder, '/srv/auth').trimEnd();
}

async function drawTerminal(browser: Browser, text: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, deviceScaleFactor: 2 });
  await page.setContent(
    '<body style="margin:0;background:#11151c"><div id="t" style="padding:16px;width:max-content"></div></body>',
  );
  await page.addStyleTag({ path: module.resolve('@xterm/xterm/css/xterm.css') });
  await page.addScriptTag({ path: module.resolve('@xterm/xterm/lib/xterm.js') });
  await page.evaluate(
    `new Promise((done) => {
      const terminal = new Terminal({ cols: ${COLUMNS}, rows: 200, fontFamily: 'DejaVu Sans Mono', fontSize: 13, theme: { background: '#11151c' }, cursorInactiveStyle: 'none' });
      terminal.open(document.getElementById('t'));
      terminal.write(${JSON.stringify(text)}, () => {
        terminal.resize(${COLUMNS}, terminal.buffer.active.cursorY + 1);
        setTimeout(done, 300);
      });
    })`,
  );
  await page.locator('#t').screenshot({ path: join(IMAGES, 'wizard.png') });
}

/** The confirmation page as a phone and a desk show it, side by side. */
async function drawPage(browser: Browser): Promise<void> {
  const host = await startTestHost();
  try {
    const app = await host.createApp({ name: 'Sailing Club', signupFlow: 'link', type: 'commercial' });
    const credential = { headers: { 'app-token': app.appToken } };
    const body = { handle: 'ada@example.com', password: '155ba8e102f3beb97892c3400b65031c' };
    await host.request('POST', '/api/appuser/signup', { ...credential, json: body });
    const link = (await host.outbox()).at(-1)?.link ?? '';
    const shot = async (width: number, height: number, colorScheme: 'light' | 'dark') => {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: 2 });
      await page.goto(link);
      return (await page.screenshot()).toString('base64');
    };
    const [phone, desk] = [await shot(360, 640, 'dark'), await shot(960, 640, 'light')];
    const page = await browser.newPage({ viewport: { width: 1400, height: 720 }, deviceScaleFactor: 1 });
    const frame = 'border-radius:14px;box-shadow:0 6px 30px #0005;height:640px';
    await page.setContent(
      `<body style="margin:0;background:#e6e9ee"><div id="p" style="display:flex;gap:32px;padding:32px;width:max-content">
        <img style="${frame}" src="data:image/png;base64,${desk}"><img style="${frame}" src="data:image/png;base64,${phone}"></div></body>`,
    );
    await page.locator('#p').screenshot({ path: join(IMAGES, 'confirm.png') });
  } finally {
    await host.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'cosync-screenshots-'));
const browser = await launchChromium();
try {
  await drawTerminal(browser, await runWizard(folder));
  await drawPage(browser);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
