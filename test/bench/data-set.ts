import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { buildConfig } from '../../server/config/load.ts';
import { SETUP } from '../../server/domain/operators/audit.ts';
import { enter, issueEntry } from '../../server/domain/operators/entry.ts';
import { openSession } from '../../server/domain/operators/sessions.ts';
import { subjectOf } from '../../server/domain/tokens/claims.ts';
import { createLogger } from '../../server/log/logger.ts';
import type { Signup } from '../../server/model/signup.ts';
import type { User } from '../../server/model/user.ts';
import { dayOf } from '../../server/model/visit.ts';
import { META } from '../../server/ports/store/meta.ts';
import { DAY_MS } from '../../server/tools/duration.ts';
import { buildDeps, type Wired } from '../../server/wiring.ts';
import { makeKeyPair } from '../../setup/installation/key-pair.ts';
import { makeDataDir } from '../support/host.ts';
import { insertApp, PASSWORD } from '../support/insert.ts';
import { anInvite, aSignup, aUser } from '../support/records.ts';
import { USUAL_USERS } from './options.ts';
import { SIGNUP_CODE, type TrafficFacts } from './traffic.ts';

/** Signups that wait for their code, and users with an imported bcrypt hash: each serves once. */
const WAITING = 12_000;
const IMPORTED = 600;
/** Signups, invites and rows of the log beside many users: one for ten. */
const USERS_A_ROW = 10;
const BATCH = 1_000;
const BCRYPT_COST = 10;
const HOST_KEY_BITS = 3_072;

/** A data folder as setup makes it, with a store filled straight through its port. */
export interface DataSet {
  readonly dataDir: string;
  /** The host's environment. */
  readonly settings: Record<string, string>;
  readonly facts: TrafficFacts;
  remove(): void;
}

/**
 * Makes `users` users of one app; `mongoUrl` names a database of their own, else they are embedded. Only the
 * usual size has the rest.
 */
export async function makeDataSet(users: number, mongoUrl?: string): Promise<DataSet> {
  const dataDir = mkdtempSync(join(tmpdir(), 'auth-host-bench-'));
  const settings: Record<string, string> = {
    ...makeDataDir(dataDir).settings,
    ...(mongoUrl && { DB_CONN_STRING: mongoUrl }),
    ADDRESS_LIMIT_PER_MINUTE: '0',
    RECIPIENTS_PER_ADDRESS_PER_HOUR: '0',
    MAILS_PER_APP_PER_HOUR: '0',
  };
  // The tests' key is small and weakly encrypted: neither start nor signatures would cost what they do in
  // earnest.
  const pair = await makeKeyPair(HOST_KEY_BITS, settings.PASS_KEY ?? '');
  writeFileSync(join(dataDir, 'keys', 'privatekey.pem'), pair.privateKeyPem, { mode: 0o600 });
  writeFileSync(join(dataDir, 'keys', 'publickey.pem'), pair.publicKeyPem);
  const deps = await buildDeps(buildConfig(settings, { production: false }), createLogger('fatal'));
  try {
    const facts = await fill(deps, users);
    return { dataDir, settings, facts, remove: () => rmSync(dataDir, { recursive: true, force: true }) };
  } finally {
    await deps.stop();
  }
}

async function fill(deps: Wired, users: number): Promise<TrafficFacts> {
  const app = await insertApp(deps, { signupFlow: 'none' });
  const passwordHash = await deps.passwords.hash(PASSWORD);
  const created = { appId: app.id, epoch: 1, passwordHash, createdAt: deps.clock.now() };
  const accessTokens: string[] = [];
  // As a host of this version leaves them, so that none fills anything in behind the calls; all were here
  // yesterday, for a log-in is seldom somebody's first.
  const yesterday = created.createdAt - DAY_MS;
  const anEarlierUser = (fields: Partial<User>): User => {
    const user = aUser({ ...created, lastLogin: yesterday, lastSeenDay: dayOf(yesterday), ...fields });
    return { ...user, subject: subjectOf(app, user) };
  };
  await inBatches(users, async (numbers) => {
    const batch = numbers.map((n) => anEarlierUser({ handle: `user${n}@example.com` }));
    await deps.store.users.insertMany(batch);
    for (const { id, handle } of batch.slice(0, USUAL_USERS - accessTokens.length)) {
      const claims = { appId: app.id, handle, userId: id, epoch: 1 };
      accessTokens.push(await deps.hostTokens.issueAccessToken(claims));
    }
  });
  for (const done of [META.rowsListed, META.subjectsRecorded]) {
    await deps.store.meta.compareAndSet(done, undefined, 'yes');
  }
  const usual = users === USUAL_USERS;
  const others = users / (usual ? 1 : USERS_A_ROW);
  await inBatches(usual ? WAITING : others, (numbers) =>
    deps.store.signups.insertMany(numbers.map((n) => waitingSignup(deps, created, n))),
  );
  await inBatches(others, async (numbers) => {
    const at = { appId: app.id, createdAt: deps.clock.now() };
    await deps.store.invites.insertMany(
      numbers.map((n) => anInvite({ ...at, handle: `guest${n}@example.com` })),
    );
    const row = { ...at, action: 'login', value: '', logType: 'user', status: 'success' } as const;
    await deps.store.activity.insertMany(
      numbers.map((n) => ({ ...row, id: deps.codes.newRowId(at.createdAt), handle: `user${n}@example.com` })),
    );
  });
  const bcrypt = await bcryptHash(PASSWORD, BCRYPT_COST);
  await inBatches(usual ? IMPORTED : 0, (numbers) =>
    deps.store.users.insertMany(
      numbers.map((n) => anEarlierUser({ handle: `imported${n}@example.com`, passwordHash: bcrypt })),
    ),
  );
  return {
    appId: app.id,
    appToken: app.appToken,
    serverSecret: await deps.hostTokens.issueServerSecret({ name: 'bench', generation: 1 }),
    users,
    accessTokens,
    portalCookie: `portal=${await operatorSession(deps)}`,
    bcrypt,
  };
}

/** An owner's, who is signed in for as long as pages are asked for. */
async function operatorSession(deps: Wired): Promise<string> {
  const issued = await issueEntry(deps, SETUP, { email: 'owner@example.com', role: 'owner' });
  const entered = issued && (await enter(deps, { secret: issued.secret, password: PASSWORD, address: '' }));
  if (entered?.state !== 'entered') throw new Error('the operator could not enter');
  const browser = { address: '127.0.0.1', userAgent: '' };
  return (await openSession(deps, entered.operator, browser)).secret;
}

type Created = Pick<User, 'appId' | 'passwordHash' | 'createdAt'>;
function waitingSignup(
  { codes, clock }: Wired,
  { appId, passwordHash, createdAt }: Created,
  n: number,
): Signup {
  const signup = aSignup({ appId, handle: `waiting${n}@example.com`, passwordHash, createdAt });
  const expiresAt = clock.now() + 3_600_000;
  const code = codes.stored({ purpose: 'signup', appId, subject: signup.id, code: SIGNUP_CODE, expiresAt });
  return { ...signup, code };
}

async function inBatches(count: number, insert: (numbers: number[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < count; start += BATCH) {
    await insert(Array.from({ length: Math.min(BATCH, count - start) }, (_, n) => start + n));
  }
}
