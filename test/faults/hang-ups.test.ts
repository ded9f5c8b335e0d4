import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../support/host.ts';
import { type HostProcess, serverSecretOf, startHostProcess } from '../support/host-process.ts';
import { PASSWORD } from './stage.ts';

const STRANGERS = 600;
const LIMIT = 50;
const SIGN_UP = '/api/appuser/signup';

/** Requests of somebody who resets his connection as soon as they are sent. */
describe('strangers who hang up right after asking', () => {
  let host: HostProcess;
  let port: number;
  let appToken: string;
  before(async () => {
    // A hash takes long enough to be waited for.
    const env = {
      ADDRESS_LIMIT_PER_MINUTE: String(LIMIT),
      PASSWORD_HASH_MEMORY_KIB: '65536',
      PASSWORD_HASH_PASSES: '10',
    };
    host = startHostProcess({ env });
    port = await host.listening;
    const headers = { 'server-secret': await serverSecretOf(host.dataDir) };
    const input = { headers, json: { name: 'hang-ups' } };
    appToken = (await send({ port, method: 'POST', path: '/api/app', input })).body.appToken;
  });
  after(() => host.stop());

  async function signUpAndReset(handle: string, afterMs: number): Promise<void> {
    const body = JSON.stringify({ handle, password: PASSWORD });
    const head = `POST ${SIGN_UP} HTTP/1.1\r\nHost: x\r\napp-token: ${appToken}\r\nContent-Type: application/json`;
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    // Some are read before the reset, some after it, some find no way in any more.
    await pause(afterMs);
    socket.resetAndDestroy();
  }

  it('are counted by their address, which every event names, and cost no hash once they are gone', async () => {
    const minute = Math.floor(Date.now() / 60_000);
    const read = async () => {
      await host.logged();
      return host.lines.filter(({ route, msg }) => route === SIGN_UP && msg === 'request');
    };
    for (let first = 0; first < STRANGERS || (await read()).length <= LIMIT; first += 20) {
      assert.ok(first < 10 * STRANGERS, 'hardly any request is read');
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => signUpAndReset(`u${first + n}@example.com`, 2 * n)),
      );
    }
    const json = { handle: 'ada@example.com', password: PASSWORD };
    const input = { headers: { 'app-token': appToken }, json };
    const { status } = await send({ port, method: 'POST', path: SIGN_UP, input });
    const requests = await read();
    const signups = host.lines.filter(({ route }) => route === SIGN_UP);
    const judged = requests.filter((line) => line.status !== 429);
    const minutes = Math.floor(Date.now() / 60_000) - minute + 1;
    assert.ok(
      judged.length <= minutes * LIMIT,
      `${judged.length} of ${requests.length} requests were judged`,
    );
    if (minutes === 1) assert.equal(status, 429);
    const events = signups.filter(({ event }) => event !== undefined);
    assert.ok(events.some(({ event }) => event === 'address_limited'));
    assert.deepEqual(
      events.filter(({ address }) => address !== '127.0.0.1'),
      [],
    );
    const sent = events.filter(({ event }) => event === 'code_sent').length;
    assert.ok(sent <= LIMIT / 2, `${sent} of ${judged.length} were carried out although nobody waited`);
  });
});
