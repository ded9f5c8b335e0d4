import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it, mock } from 'node:test';
import {
  createAuth,
  keyValueStorage,
  memoryStorage,
  type SessionStorage,
} from '../../../client/user/index.ts';
import { isGood, received } from '../../../client/user/jwt.ts';
import type { App } from '../../../server/model/app.ts';
import { startTestHost } from '../../support/host.ts';
import { until } from '../../support/until.ts';
import { ClientStage, codeIn, type Device, done, PASSWORD } from './stage.ts';

const DAY_MS = 86_400_000;

describe('the life of a session of the client', () => {
  let stage: ClientStage;
  let app: App;
  before(async () => {
    stage = await ClientStage.start();
    app = await stage.host.createApp({ signupFlow: 'none' });
  });
  after(() => stage.host.stop());
  afterEach(() => mock.timers.reset());

  let count = 0;
  async function member(options: Parameters<ClientStage['device']>[1] = {}): Promise<Device> {
    const device = stage.device(app, options);
    count++;
    done(await device.auth.signUp({ handle: `life-${count}@example.com`, password: PASSWORD }));
    return device;
  }
  const renewals = ({ asked }: Device) => asked.filter(({ route }) => route === 'renew').length;
  /** Without its JWT, as after a start without room for it. */
  async function withoutJwt(storage: SessionStorage): Promise<void> {
    await storage.remove(`cosync.${app.id}.jwt`);
  }

  it('gets what was lost on the way once more', async () => {
    const { storage } = await member();
    await withoutJwt(storage);
    let lost = 0;
    const device = stage.device(app, {
      storage,
      answer: async (route, send) => {
        if (route !== 'renew' || lost === 2) return undefined;
        lost++;
        await send();
        throw new TypeError('the answer was lost');
      },
    });
    assert.match(String(await device.auth.token()), /^ey/);
    assert.deepEqual([lost, device.heard], [2, ['renewed']]);
    done(await device.auth.user.get());
  });

  it('logs nobody out when the network is away, and says so', async () => {
    const { storage } = await member();
    await withoutJwt(storage);
    let isAway = true;
    const device = stage.device(app, {
      storage,
      answer: () => {
        if (isAway) throw new TypeError('away');
      },
    });
    await device.auth.ready;
    await assert.rejects(device.auth.token(), { name: 'AuthError', code: 'network' });
    assert.ok(device.auth.session);
    assert.deepEqual(device.heard, []);
    isAway = false;
    assert.match(String(await device.auth.token()), /^ey/);
  });

  it('goes on after the host was started anew', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'client-restart-'));
    let host = await startTestHost({ now: Date.now(), dataDir });
    const own = await host.createApp({ signupFlow: 'none' });
    const storage = memoryStorage();
    const auth = createAuth({
      url: 'http://host.test',
      appToken: own.appToken,
      storage,
      fetch: (input, init) => fetch(String(input).replace('http://host.test', host.url), init),
    });
    done(await auth.signUp({ handle: 'restart@example.com', password: PASSWORD }));
    await host.stop();
    assert.equal(codeIn(await auth.user.get()), 'network');
    assert.ok(auth.session);
    host = await startTestHost({ now: Date.now(), dataDir });
    assert.equal(done(await auth.user.get()).handle, 'restart@example.com');
    await host.stop();
    rmSync(dataDir, { recursive: true });
  });

  it('renews when the clock of the device jumps, in either direction', async () => {
    const device = await member();
    const { auth } = device;
    const first = await auth.token();
    const now = Date.now();
    mock.timers.enable({ apis: ['Date'], now: now + 20 * DAY_MS });
    const second = await auth.token();
    assert.notEqual(second, first);
    assert.equal(await auth.token(), second);
    mock.timers.setTime(now - DAY_MS);
    const third = await auth.token();
    assert.notEqual(third, second);
    assert.equal(await auth.token(), third);
    assert.equal(renewals(device), 2);
    assert.deepEqual(device.heard, ['loggedIn', 'renewed', 'renewed']);
  });

  it('takes no JWT for good that ended while the clock was set back a little', async () => {
    const { auth } = await member();
    const jwt = received((await auth.token()) ?? '');
    assert.equal(isGood(jwt), true);
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_000 });
    const later = performance.now() + 20 * DAY_MS;
    // Nothing may be awaited under a clock that stands still.
    const stopped = mock.method(performance, 'now', () => later);
    const seen = isGood(jwt);
    stopped.mock.restore();
    assert.equal(seen, false);
  });

  it('knows when it ends, and moves that on by renewing', async () => {
    const { auth } = await member();
    const before = auth.session?.expiresAt.getTime() ?? 0;
    assert.equal(new Date(auth.session?.user.sessionEnds ?? 0).getTime(), before);
    stage.host.clock.advance(DAY_MS);
    mock.timers.enable({ apis: ['Date'], now: Date.now() + DAY_MS });
    await auth.token();
    assert.equal((auth.session?.expiresAt.getTime() ?? 0) - before, DAY_MS);
    const user = done(await auth.user.get());
    assert.deepEqual(auth.session?.user, user);
  });

  it('ends when the host says so, once', async () => {
    const { auth, heard } = await member();
    const other = stage.device(app);
    done(await other.auth.logIn({ handle: auth.session?.user.handle ?? '', password: PASSWORD }));
    done(await other.auth.logOut({ everywhere: true }));
    const answers = await Promise.all([
      auth.user.get(),
      auth.user.get(),
      auth.user.setLocale({ locale: 'EN' }),
    ]);
    assert.deepEqual(answers.map(codeIn), Array(3).fill('session_ended'));
    assert.deepEqual(
      [heard, auth.session, await auth.token()],
      [['loggedIn', 'expired'], undefined, undefined],
    );
  });

  it('lets listeners call the client, and survives their mistakes', async (test) => {
    const reported = test.mock.method(console, 'error', () => {});
    const { auth, storage } = await member();
    const seen: unknown[] = [];
    auth.on('change', () => {
      throw new Error('a mistake');
    });
    auth.on('change', async () => {
      throw new Error('a later mistake');
    });
    auth.on('change', async (session, why) => {
      seen.push([why, session !== undefined, typeof (await auth.token())]);
      if (why === 'renewed') await auth.logOut();
    });
    const off = auth.on('change', () => seen.push('never'));
    off();
    await withoutJwt(storage);
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 20 * DAY_MS });
    await auth.token();
    mock.timers.reset();
    await until('both were told', () => seen.length >= 2);
    assert.deepEqual(seen, [
      ['renewed', true, 'string'],
      ['loggedOut', false, 'undefined'],
    ]);
    assert.equal(auth.session, undefined);
    assert.equal(reported.mock.callCount(), 4);
  });

  it('stays logged out when that happened while it was renewed', async () => {
    const { storage } = await member();
    await withoutJwt(storage);
    const gate = Promise.withResolvers<void>();
    const under = Promise.withResolvers<void>();
    const device = stage.device(app, {
      storage,
      answer: async (route, send) => {
        if (route !== 'renew') return undefined;
        const response = await send();
        under.resolve();
        await gate.promise;
        return response;
      },
    });
    const asked = device.auth.token();
    await under.promise;
    done(await device.auth.logOut());
    gate.resolve();
    assert.equal(await asked, undefined);
    assert.deepEqual([device.auth.session, device.heard], [undefined, ['loggedOut']]);
    const later = stage.device(app, { storage });
    await later.auth.ready;
    assert.equal(later.auth.session, undefined, 'nothing came back into the storage');
  });

  it('sends nothing twice for somebody else who logged in meanwhile', async () => {
    const storage = memoryStorage();
    const first = await member({ storage });
    const second = await member({ storage });
    const { asked } = first;
    // The first one's session ends.
    const other = stage.device(app);
    done(await other.auth.logIn({ handle: first.auth.session?.user.handle ?? '', password: PASSWORD }));
    done(await other.auth.logOut({ everywhere: true }));
    const before = asked.length;
    assert.equal(codeIn(await first.auth.user.setLocale({ locale: 'EN' })), 'session_ended');
    assert.equal(asked.length - before, 1);
    assert.equal(first.auth.session?.user.handle, second.auth.session?.user.handle, 'who is logged in now');
    assert.deepEqual(first.heard, ['loggedIn', 'loggedIn']);
  });

  it('asks for a user too large for an entry, and keeps every entry small', async () => {
    const entries = new Map<string, string>();
    const storage = keyValueStorage({
      getItem: async (name) => entries.get(name) ?? null,
      setItem: async (name, value) => void entries.set(name, value),
      removeItem: async (name) => void entries.delete(name),
    });
    const fields = { path: 'user_data.text', fieldName: 'text', required: false, canEdit: true };
    const large = await stage.host.createApp({ signupFlow: 'none', metaData: [{ id: 'a', ...fields }] });
    const metaData = { user_data: { text: 'ä'.repeat(900) } };
    const first = stage.device(large, { storage });
    done(await first.auth.signUp({ handle: 'large@example.com', password: PASSWORD, metaData }));
    for (const [name, value] of entries) assert.ok(Buffer.byteLength(value) < 2_048, name);
    assert.deepEqual([...entries.keys()], [`cosync.${large.id}.accessToken`]);
    const second = stage.device(large, { storage });
    await second.auth.ready;
    assert.deepEqual(second.auth.session?.user, first.auth.session?.user);
    assert.match(String(await second.auth.token()), /^ey/);
    assert.deepEqual(second.heard, ['renewed']);
  });

  it('works without a working storage', async (test) => {
    const reported = test.mock.method(console, 'error', () => {});
    const full: SessionStorage = {
      get: () => null,
      set: () => {
        throw new Error('the storage is full');
      },
      remove: () => {},
    };
    const device = await member({ storage: full });
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 20 * DAY_MS });
    assert.match(String(await device.auth.token()), /^ey/);
    done(await device.auth.user.get());
    done(await device.auth.logOut());
    assert.deepEqual(device.heard, ['loggedIn', 'renewed', 'loggedOut']);
    assert.ok(reported.mock.callCount() > 0);
  });
});
