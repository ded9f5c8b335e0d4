import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { userRoute } from '../../../server/http/route.ts';
import type { App } from '../../../server/model/app.ts';
import { startTestHost, type TestHost } from '../../support/host.ts';

describe('where a request comes from', () => {
  let host: TestHost;
  let app: App;
  before(async () => {
    const where = userRoute({
      method: 'POST',
      path: '/api/appuser/where',
      summary: 'Says where it is called from.',
      answer: z.unknown(),
      caller: 'app',
      input: z.object({ later: z.string().optional() }),
      async respond({ deps: { origin } }) {
        // Asked after other work, as the domain does.
        await new Promise((resolve) => setTimeout(resolve, 1));
        const session = await origin.session();
        return {
          places: [origin.bucket(), origin.site() ?? null, origin.network()],
          user: session?.userId ?? null,
          expired: session?.expired ?? null,
        };
      },
    });
    host = await startTestHost({ config: { trustProxyHops: 1 }, routes: [where] });
    app = await host.createApp();
  });
  after(() => host.stop());

  async function ask(address: string, headers: Record<string, string> = {}) {
    const answer = await host.request('POST', '/api/appuser/where', {
      headers: { 'app-token': app.appToken, 'x-forwarded-for': address, ...headers },
      json: {},
    });
    return answer.body as { places: [string, string | null, string]; user: string | null; expired: boolean };
  }
  const places = async (address: string) => (await ask(address)).places;

  it('tells IPv4 addresses apart and knows their /24', async () => {
    const [bucket, site, network] = await places('203.0.113.7');
    assert.match(bucket, /^[0-9a-f]{16}$/);
    assert.equal(site, null);
    const [neighbour, , same] = await places('203.0.113.8');
    assert.notEqual(neighbour, bucket);
    assert.equal(same, network);
    assert.notEqual((await places('203.0.114.7'))[2], network);
  });

  it('takes an IPv6 /64 for one place and knows the /48 around it', async () => {
    const [bucket, site, network] = await places('2001:db8:1:2::7');
    assert.equal(site, network);
    assert.deepEqual(await places('2001:db8:1:2:ffff::1'), [bucket, site, network]);
    const [neighbour, around] = await places('2001:db8:1:3::7');
    assert.notEqual(neighbour, bucket);
    assert.equal(around, site);
    assert.notEqual((await places('2001:db8:2:2::7'))[1], site);
  });

  it('sees the access token beside the credential that counts, be it expired', async () => {
    const user = await host.createUser(app);
    const token = await host.accessToken(app, user);
    const mine = { 'access-token': token };
    assert.equal((await ask('203.0.113.7')).user, null);
    assert.equal((await ask('203.0.113.7', { 'access-token': 'made up' })).user, null);
    assert.deepEqual(
      { ...(await ask('203.0.113.7', mine)), places: 0 },
      { places: 0, user: user.id, expired: false },
    );
    host.clock.advance(31 * 86_400_000);
    assert.deepEqual(
      { ...(await ask('203.0.113.7', mine)), places: 0 },
      { places: 0, user: user.id, expired: true },
    );
  });

  it('gives work that no request asked for a place of its own', async () => {
    const { origin } = host.deps;
    assert.equal(await origin.session(), undefined);
    assert.notEqual(origin.bucket(), (await places('203.0.113.7'))[0]);
    assert.equal(origin.bucket(), origin.bucket());
  });
});
