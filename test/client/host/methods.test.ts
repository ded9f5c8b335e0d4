import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHostClient, type HostClient } from '../../../client/host/index.ts';
import { routes } from '../../../server/http/routes/index.ts';

const ID = 'a'.repeat(32);

/** Method and path of every call that the client can make. */
async function calls(): Promise<Set<string>> {
  const asked = new Set<string>();
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(String(input));
    asked.add(`${init?.method} ${pathname.replace(ID, ':appId')}`);
    return new Response('true', { headers: { 'content-type': 'application/json' } });
  };
  const client: HostClient = createHostClient({ url: 'http://127.0.0.1', secret: 's', fetch });
  for (const noun of Object.values(client)) {
    if (typeof noun !== 'object') continue;
    for (const method of Object.values(noun)) {
      await (method as (parameters: unknown) => Promise<unknown>)({ appId: ID });
    }
  }
  return asked;
}

/** Retired in the contract: they only refuse. */
const RETIRED = /enableAppEmailExtension|remoteNotification/;

describe('methods of the host client', () => {
  it('reach every route that the server secret opens', async () => {
    const reached = await calls();
    const missing = routes
      .filter(({ caller, answer }) => caller === 'server' && !isRefusing(answer))
      .map(({ method, path }) => `${method} ${path}`)
      .filter((route) => !RETIRED.test(route) && !reached.has(route));
    assert.deepEqual(missing, []);
  });

  it('reach nothing that is not there', async () => {
    const there = new Set(routes.map(({ method, path }) => `${method} ${path}`));
    const elsewhere = [...(await calls())].filter((route) => !there.has(route));
    assert.deepEqual(elsewhere, []);
  });
});

/** Routes that answer nobody any more. */
function isRefusing(answer: unknown): boolean {
  const schema = answer as { type?: string } | undefined;
  return schema?.type === 'never';
}
