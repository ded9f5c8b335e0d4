import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { onceDone } from '../../../tools/once.ts';
import { openRoute, type Route, TextReply } from '../../route.ts';

const FOLDER = new URL('../../../../client/browser/', import.meta.url);
const CONTENT_TYPE = 'text/javascript; charset=utf-8';
/** The module itself has its version in its name, the chunks a hash of what they hold. */
const MODULE = /^client-\d/;

interface Script {
  text: Buffer;
  etag: string;
}
async function load(name: string): Promise<Script> {
  const text = await readFile(new URL(name, FOLDER));
  return { text, etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"` };
}

function scriptRoute(path: string, script: () => Promise<Script>, cacheControl: string): Route {
  return openRoute({
    method: 'GET',
    path,
    summary: 'The client for users of an app, as a module for browsers.',
    answer: { media: 'text/javascript' },
    errors: [],
    async respond() {
      const { text, etag } = await script();
      return new TextReply(text, { contentType: CONTENT_TYPE, cacheControl, etag, anyOrigin: true });
    },
  });
}

/** Each is read when first asked for, then kept, under whichever address. */
const scripts = readdirSync(FOLDER).map((name) => ({ name, script: onceDone(() => load(name)) }));

/** The client's browser build (operator §4): pages of every origin may load it. */
export const clientRoutes: Route[] = [
  ...scripts
    .filter(({ name }) => MODULE.test(name))
    .map(({ script }) => scriptRoute('/client.js', script, 'no-cache')),
  ...scripts.map(({ name, script }) =>
    scriptRoute(`/${name}`, script, 'public, max-age=31536000, immutable'),
  ),
];
