import assert from 'node:assert/strict';
import type { App } from '../../server/model/app.ts';
import type { TestHost } from './host.ts';

export interface MoveIn {
  format: string;
  file: string | Buffer;
  second?: { part: string; text: string } | undefined;
  options?: Record<string, string> | undefined;
}

/** Sends a file of another system. */
export async function sendMoveIn(host: TestHost, app: App, { format, file, second, options = {} }: MoveIn) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ appId: app.id, format, ...options })) form.append(name, value);
  form.append('file', new Blob([typeof file === 'string' ? file : new Uint8Array(file)]), 'file');
  if (second) form.append(second.part, new Blob([second.text]), 'second');
  const headers = { 'server-secret': host.serverSecret };
  const answer = await fetch(`${host.url}/api/app/import`, { method: 'POST', body: form, headers });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** What the host says of an import once it ended. */
export async function endedMoveIn(host: TestHost, job: string) {
  for (let n = 0; n < 1_200; n++) {
    const { body } = await host.portal('GET', `/api/app/import?job=${job}`);
    if (!['waiting', 'running'].includes(body.state)) return body;
    host.deps.wakeJobs();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return assert.fail('the import goes on and on');
}

/** Both. */
export async function movedIn(host: TestHost, app: App, input: MoveIn) {
  const { status, body } = await sendMoveIn(host, app, input);
  assert.equal(status, 200, JSON.stringify(body));
  return { job: String(body.job), ...(await endedMoveIn(host, String(body.job))) };
}
