import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { openRoute, type Route, TextReply } from '../../route.ts';

const FOLDER = new URL('../../../../client/browser/', import.meta.url);
const CONTENT_TYPE = 'text/javascript; charset=utf-8';
/** The module itself has its version in its name, the chunks a hash of what they hold. */
const MODULE = /^client-\d/;

interface Script {
  text: string;
  etag: string;
}
const read = new Map<string, Promise<Script>>();

/** Read when first asked for, then kept. */
function scriptOf(name: string): Promise<Script> {
  const known = read.get(name) ?? load(name);
  read.set(name, known);
  return known;
}

async function load(name: string): Promise<Script> {
  const text = await readFile(new URL(name, FOLDER), 'utf8');
  return { text, etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"` };
}

function scriptRoute(path: string, name: string, cacheControl: string): Route {
  return openRoute({
    method: 'GET',
    path,
    summary: 'The client for users of an app, as a module for browsers.',
    answer: { media: 'text/javascript' },
    errors: [],
    async respond() {
      const { text, etag } = await scriptOf(name);
      return new TextReply(text, { contentType: CONTENT_TYPE, cacheControl, etag, anyOrigin: true });
    },
  });
}

const names = readdirSync(FOLDER);

/** The client's browser build (operator §4): pages of every origin may load it. */
export const clientRoutes: Route[] = [
  ...names.filter((name) => MODULE.test(name)).map((name) => scriptRoute('/client.js', name, 'no-cache')),
  ...names.map((name) => scriptRoute(`/${name}`, name, 'public, max-age=31536000, immutable')),
];
