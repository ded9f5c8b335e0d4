import type { User } from '../../model/user.ts';
import { dayOf, figuresOfVisit } from '../../model/visit.ts';
import type { Deps } from '../../ports/deps.ts';

export type VisitDeps = Pick<Deps, 'figures' | 'clock'>;

/** Tells of a user's first request of a UTC day; on every other it is one comparison. */
export function noticeActive(deps: VisitDeps, user: User): void {
  if (firstOfDay(deps, user) !== undefined) deps.figures.visit(user);
}

/** Today, where the user was not here yet. */
export function firstOfDay({ clock }: Pick<VisitDeps, 'clock'>, user: User): number | undefined {
  const today = dayOf(clock.now());
  return (user.lastSeenDay ?? -1) < today ? today : undefined;
}

/** Counts a user's first visit of a day, which stands in the row already in place of `lastSeenDay`. */
export function countVisit(
  deps: Pick<VisitDeps, 'figures'>,
  { appId, createdAt, lastSeenDay }: Pick<User, 'appId' | 'createdAt' | 'lastSeenDay'>,
  day: number,
): void {
  for (const figure of figuresOfVisit({ day, lastSeenDay, createdAt })) {
    deps.figures.count(appId, ...figure);
  }
}

/** Counts the visit that joining is: `lastSeenDay` of the new row says so already. */
export function countFirstVisit(deps: VisitDeps, { appId, createdAt }: User): void {
  countVisit(deps, { appId, createdAt, lastSeenDay: undefined }, dayOf(createdAt));
}
