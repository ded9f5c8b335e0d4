import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCES = new URL('../../client/user/', import.meta.url);

/** Answers `/client.js` of a page with the sources of the client, as a browser reads them. */
export async function serveClient(page: Page): Promise<void> {
  const headers = { 'access-control-allow-origin': '*' };
  const module = (body: string) => ({ contentType: 'text/javascript', headers, body });
  await page.route('**/client.js', (route) =>
    route.fulfill(module("export * from './client-source/index.ts';")),
  );
  await page.route('**/client-source/*.ts', (route) => {
    const name = new URL(route.request().url()).pathname.split('/').at(-1) ?? '';
    return route.fulfill(module(stripTypeScriptTypes(readFileSync(new URL(name, SOURCES), 'utf8'))));
  });
}
