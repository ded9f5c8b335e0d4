import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** What only some hosts or some calls need. Each is loaded with its first use. */
const LATER = [
  '@node-rs/bcrypt',
  '@sendgrid/mail',
  'csv-parse',
  'csv-stringify',
  'handlebars',
  'koa-body',
  'libphonenumber-js',
  'mongodb',
  'nodemailer',
  'otplib',
  'prom-client',
  'qrcode',
  'twilio',
  'yauzl',
  'yazl',
];
const STARTED = ['./server/main.ts', './server/run.ts', './server/store/sqlite/open.ts'];
const LOAD = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({
    load(url, context, next) {
      loaded.push(url);
      return next(url, context);
    },
  });
  for (const file of process.argv.slice(1)) await import(file);
  console.log(JSON.stringify({ loaded, ofNode: process.moduleLoadList }));
`;

describe('a host with the embedded database', () => {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', LOAD, ...STARTED], {
    cwd: PROJECT,
    encoding: 'utf8',
  });
  const { loaded, ofNode } = JSON.parse(stdout) as { loaded: string[]; ofNode: string[] };

  it('starts without the libraries that are used later', () => {
    const early = LATER.filter((name) => loaded.some((url) => url.includes(`/node_modules/${name}/`)));
    assert.deepEqual(early, []);
    assert(loaded.some((url) => url.includes('/node_modules/koa/')));
  });

  it('loads no page of the portal before somebody asks for one', () => {
    const folder = pathToFileURL(join(PROJECT, 'portal/')).href;
    const portal = loaded.filter((url) => url.startsWith(folder)).map((url) => url.slice(folder.length));
    assert.deepEqual(portal.sort(), ['frame/allow.ts', 'lazy.ts']);
  });

  it('loads nothing that only a portal calls before it calls', () => {
    const folders = ['server/http/routes/app/', 'server/http/routes/host/', 'server/domain/transfer/'];
    const early = loaded.filter((url) => folders.some((folder) => url.includes(`/${folder}`)));
    assert.deepEqual(early, []);
  });

  it('starts without fetch', () => {
    assert.deepEqual(
      ofNode.filter((name) => name.includes('undici')),
      [],
    );
  });
});
