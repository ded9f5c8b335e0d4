import type { AppOverview } from '../../client/host/apps.ts';
import { Refusal } from '../frame/refusal.ts';
import type { AppRequest } from './app-route.ts';

const DAY_MS = 86_400_000;
const WEEK = 7;

/** What there is to know of one app at a glance. */
export async function overviewOf({ host, appId }: AppRequest): Promise<AppOverview> {
  const { rows } = await host.apps.overview({ appId });
  const [row] = rows;
  if (!row) throw new Refusal(404);
  return row;
}

/** The checklist of a new app: in flow `none` no message belongs to it. `isDone`: nothing is left. */
export function checklist({ app, texts }: AppRequest, { steps }: AppOverview) {
  const names = ['created', 'messageSent', 'signup', 'login', 'tokenVerified'] as const;
  const wanted = names.filter((name) => name !== 'messageSent' || app.signupFlow !== 'none');
  const first = wanted.find((name) => !steps[name]);
  const rows = wanted.map((name) => ({
    label: texts.say(`start.${name}`),
    ok: steps[name],
    hint: name === first ? texts.say(`start.${name}.hint`) : undefined,
    state: texts.say(steps[name] ? 'start.done' : 'start.open'),
  }));
  return { rows, isDone: first === undefined };
}

/** Figures of the last seven days, today included, each beside that of the seven days before. */
export async function headerFigures(request: AppRequest, overview: AppOverview) {
  const { host, appId, deps, texts } = request;
  const today = deps.clock.now();
  const day = (back: number) => new Date(today - back * DAY_MS).toISOString().slice(0, 10);
  const metric = 'signup_verified,login,message';
  const { series } = await host.figures.get({ appId, from: day(2 * WEEK - 1), to: day(0), metric });
  const begin = day(WEEK - 1);
  const pair = (name: string) => {
    const days = series.filter((one) => one.metric === name).flatMap((one) => one.days);
    const sum = (part: typeof days) => part.reduce((total, { count }) => total + count, 0);
    return [sum(days.filter((one) => one.day >= begin)), sum(days.filter((one) => one.day < begin))] as const;
  };
  const week = (label: string, [now, before]: readonly [number, number]) => ({
    label: texts.say(label),
    value: texts.number(now),
    change: texts.say('figure.before', {
      change: signed(texts.number(Math.abs(now - before)), now - before),
    }),
  });
  return [
    {
      label: texts.say('figure.users'),
      value: texts.number(overview.users),
      change: texts.say('figure.new', { count: texts.number(overview.new7d) }),
    },
    {
      label: texts.say('figure.waiting'),
      value: texts.number(overview.waitingSignups),
      change: texts.say('figure.now'),
    },
    week('figure.joined', pair('signup_verified')),
    week('figure.logins', pair('login')),
    week('figure.messages', pair('message')),
  ];
}

function signed(amount: string, change: number): string {
  if (change === 0) return '±0';
  return change > 0 ? `+${amount}` : `−${amount}`;
}
