import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { App } from '../../server/model/app.ts';
import { startTestHost, type TestHost } from '../support/host.ts';

describe('the address of a storage, when it is set', () => {
  let host: TestHost;
  let open: TestHost;
  before(async () => {
    [host, open] = await Promise.all([
      startTestHost(),
      startTestHost({ config: { assetPrivateEndpoints: true } }),
    ]);
  });
  after(() => Promise.all([host.stop(), open.stop()]));

  const set = async (at: TestHost, app: App, assetEndpoint: string) => {
    const json = { appId: app.id, setting: 'assetStorage', assetEndpoint };
    const { status, body } = await at.portal('POST', '/api/app/updateAppSetting', { json });
    return { status, reason: (body as { reason?: string }).reason };
  };

  it('is a public one or this machine, and may stay unknown', async () => {
    const app = await host.createApp();
    for (const endpoint of ['http://127.0.0.1:9000', 'https://192.0.2.1', 'https://storage.invalid', ''])
      assert.equal((await set(host, app, endpoint)).status, 200, endpoint);
  });

  it('is none of a private network unless the host says so, and never one of metadata', async () => {
    const refusal = { status: 400, reason: 'unknown_value' };
    const inside = ['https://10.0.0.1', 'https://192.168.1.1:9000', 'https://[fd12::1]'];
    const never = ['https://169.254.169.254', 'https://0.0.0.0', 'https://[::ffff:169.254.169.254]'];
    const app = await host.createApp();
    for (const endpoint of [...inside, ...never])
      assert.deepEqual(await set(host, app, endpoint), refusal, endpoint);
    const other = await open.createApp();
    for (const endpoint of inside) assert.equal((await set(open, other, endpoint)).status, 200, endpoint);
    for (const endpoint of never) assert.deepEqual(await set(open, other, endpoint), refusal, endpoint);
  });
});
