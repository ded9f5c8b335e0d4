import type { User } from '../../model/user.ts';
import { dayOf, figuresOfVisit } from '../../model/visit.ts';
import type { Deps } from '../../ports/deps.ts';

export type VisitDeps = Pick<Deps, 'figures' | 'clock'>;

/** Tells of a user's first request or log-in of a UTC day; on every other it is one comparison. */
export function noticeActive(deps: VisitDeps, user: User): void {
  if ((user.lastSeenDay ?? -1) < dayOf(deps.clock.now())) deps.figures.visit(user);
}

/** Counts the visit that joining is: `lastSeenDay` of the new row says so already. */
export function countFirstVisit(deps: VisitDeps, { appId, createdAt }: User): void {
  const day = dayOf(createdAt);
  for (const figure of figuresOfVisit({ day, lastSeenDay: undefined, createdAt })) {
    deps.figures.count(appId, ...figure);
  }
}
