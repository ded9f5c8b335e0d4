import type { App } from '../../model/app.ts';
import { dayOf } from '../../model/visit.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS } from '../../tools/duration.ts';
import { isVerified } from '../tokens/verification.ts';
import { seatLimit } from '../users/seats.ts';
import { type ListPage, type ListRequest, readList } from './list.ts';

type OverviewDeps = Pick<Deps, 'store' | 'cursors' | 'clock' | 'activity'>;

const NEW_MS = 7 * DAY_MS;
/** Apps asked about side by side, with several reads each: they leave connections to others. */
const AT_ONCE = 3;

/** What an operator should look at: nobody can join, messages failed or were held back since yesterday. */
export const APP_WARNINGS = ['full', 'messages_failed', 'messages_limited'] as const;
export type AppWarning = (typeof APP_WARNINGS)[number];

/** An app in one line. */
export interface AppOverview {
  app: App;
  /** At most a minute old. */
  users: number;
  new7d: number;
  waitingSignups: number;
  /** Epoch milliseconds. */
  lastLogin: number | undefined;
  warnings: AppWarning[];
  /** What happened at least once, as far as it is remembered. */
  steps: {
    created: true;
    messageSent: boolean;
    signup: boolean;
    login: boolean;
    tokenVerified: boolean;
  };
}

/**
 * A page of all apps, newest first; with `appId` that one alone, if there is one. Throws `refused` for a
 * cursor of another list.
 */
export async function listOverview(
  deps: OverviewDeps,
  { appId, ...page }: ListRequest & { appId?: string | undefined },
): Promise<ListPage<AppOverview>> {
  await deps.activity.flush();
  if (appId !== undefined) {
    const app = await deps.store.apps.read(appId);
    return { rows: app ? [await overviewOf(deps, app)] : [] };
  }
  const { rows, ...rest } = await readList(deps, { list: 'overview' }, page, (keyPage) =>
    deps.store.apps.walk(keyPage),
  );
  const overviews: AppOverview[] = [];
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    const few = rows.slice(start, start + AT_ONCE);
    overviews.push(...(await Promise.all(few.map((app) => overviewOf(deps, app)))));
  }
  return { ...rest, rows: overviews };
}

async function overviewOf(deps: OverviewDeps, app: App): Promise<AppOverview> {
  const { users, signups, figures } = deps.store;
  const now = deps.clock.now();
  const [{ rows: total }, new7d, waitingSignups, latest, sent, joined, loggedIn, tokenVerified, troubles] =
    await Promise.all([
      users.total(app.id),
      users.countSince(app.id, now - NEW_MS),
      signups.countWaiting(app.id, now),
      users.list(app.id, {}, { sort: '-lastLogin', limit: 1 }),
      figures.counted(app.id, 'message', 'sent'),
      figures.counted(app.id, 'signup_verified'),
      figures.counted(app.id, 'login'),
      isVerified(deps, app.id),
      messageTroubles(deps, app),
    ]);
  const lastLogin = latest.rows[0]?.lastLogin;
  const limit = seatLimit(app);
  return {
    app,
    users: total,
    new7d,
    waitingSignups,
    lastLogin,
    warnings: [...(limit !== undefined && total >= limit ? (['full'] as const) : []), ...troubles],
    steps: {
      created: true,
      messageSent: sent,
      // Users and log-ins may be older than figures; the total may be a minute old.
      signup: joined || latest.rows.length > 0,
      login: loggedIn || lastLogin !== undefined,
      tokenVerified,
    },
  };
}

async function messageTroubles({ store, clock }: OverviewDeps, app: App): Promise<AppWarning[]> {
  const today = dayOf(clock.now());
  const range = { from: today - 1, to: today, by: ['second'] } as const;
  const sums = await store.figures.sums(app.id, { metric: 'message', ...range });
  return (['failed', 'limited'] as const)
    .filter((outcome) => sums.some(({ second }) => second === outcome))
    .map((outcome) => `messages_${outcome}` as const);
}
