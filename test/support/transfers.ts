import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { App } from '../../server/model/app.ts';
import type { TestHost } from './host.ts';
import { rowsOf, unzipped } from './zip.ts';

/** The password behind the hashes of the old host's export (contract §5.11). */
export const OLD_PASSWORD = '155ba8e102f3beb97892c3400b65031c';
/** The five files of an export (contract §4.5). */
export const FILES = [
  'app-collection.csv',
  'user-collection.csv',
  'signup-collection.csv',
  'invite-collection.csv',
  'email-template-collection.csv',
] as const;
/** A ZIP that the portal fetches. */
export function download(host: Pick<TestHost, 'port' | 'serverSecret'>, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const headers = { 'server-secret': host.serverSecret };
    httpRequest({ host: '127.0.0.1', port: host.port, path, headers }, (response) => {
      assert.equal(response.statusCode, 200);
      assert.equal(response.headers['content-type'], 'application/zip');
      buffer(response).then(resolve, reject);
    })
      .on('error', reject)
      .end();
  });
}

/** Sends a file to be imported; what is undefined is left out. */
export async function upload(
  host: Pick<TestHost, 'url' | 'serverSecret'>,
  file: Buffer | undefined,
  appName: string | undefined,
  { part = 'file', fields = {} }: { part?: string; fields?: Record<string, string> } = {},
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (appName !== undefined) form.append('appName', appName);
  if (file) form.append(part, new Blob([new Uint8Array(file)]), 'export.zip');
  const headers = { 'server-secret': host.serverSecret };
  const answer = await fetch(`${host.url}/api/app/importDatabase`, { method: 'POST', body: form, headers });
  const body = (await answer.json()) as Record<
    'status' | 'message' | 'reason' | 'field' | 'appId' | 'appToken',
    string
  >;
  return { status: answer.status, body };
}

/** The app that the host made of a file. */
export async function imported(
  host: TestHost,
  file: Buffer,
  name: string,
  fields: Record<string, string> = {},
): Promise<App> {
  const { status, body } = await upload(host, file, name, { fields });
  assert.equal(status, 200, JSON.stringify(body));
  const app = await host.deps.store.apps.read(body.appId);
  assert.ok(app);
  assert.equal(body.appToken, app.appToken);
  return app;
}

/** The files of an export of that app. */
export const exported = async (host: TestHost, app: App, query = '') =>
  unzipped(await download(host, `/api/app/export?appId=${app.id}${query}`));

/** What must be the same after another trip: everything but what an import makes anew. */
export function comparable(files: Record<string, string>) {
  const made = new Set(['appId', 'appToken', 'appSecret', 'name', 'appData']);
  return FILES.map((file) =>
    rowsOf(files[file])
      .map((row) => {
        const entries = Object.entries(row).filter(([column]) => !made.has(column));
        const dated = file === 'app-collection.csv' ? ['createdAt', 'updatedAt'] : [];
        return JSON.stringify(entries.filter(([column]) => !dated.includes(column)));
      })
      .sort(),
  );
}

/** An export of the old host, its key pair filled in. */
export function legacyFiles(app: Pick<App, 'keys'>): Record<string, string> {
  const [key] = app.keys;
  const base64 = (text = '') => Buffer.from(text).toString('base64');
  const folder = new URL('../fixtures/legacy-export/', import.meta.url);
  return Object.fromEntries(
    FILES.map((file) => [
      file,
      readFileSync(new URL(file, folder), 'utf8')
        .replace('<private key>', base64(key?.privateKey))
        .replace('<public key>', base64(key?.publicKey)),
    ]),
  );
}

/** What the log of an app holds, newest first. */
export async function logOf({ deps }: TestHost, app: App) {
  await deps.activity.flush();
  return (await deps.store.activity.page(app.id, {}, { offset: 0, limit: 9 })).rows;
}
