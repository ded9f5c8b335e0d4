import type { User } from '../model/user.ts';
import { dayOf, figuresOfVisit } from '../model/visit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Figures } from '../ports/log/figures.ts';
import type { UserStore, Visit } from '../ports/store/users.ts';

/** Users of one write: single writes of one transaction. */
const BATCH = 200;

interface VisitDeps {
  users: Pick<UserStore, 'recordVisits'>;
  clock: Clock;
  figures: Pick<Figures, 'count'>;
}

/** Who may have been here for the first time today; the store says which of them really were. */
export class Visits {
  readonly #deps: VisitDeps;
  #waiting = new Map<string, Visit & { createdAt: number }>();

  constructor(deps: VisitDeps) {
    this.#deps = deps;
  }

  /** False when the visit waits already. */
  add({ appId, id, createdAt }: Pick<User, 'appId' | 'id' | 'createdAt'>): boolean {
    const day = dayOf(this.#deps.clock.now());
    const key = keyOf({ appId, userId: id, day });
    if (this.#waiting.has(key)) return false;
    this.#waiting.set(key, { appId, userId: id, day, createdAt });
    return true;
  }

  /** Records them and counts those that were the first of their day; keeps what the store does not take. */
  async write(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const visits = [...waiting.values()]; visits.length > 0; visits.splice(0, BATCH)) {
      try {
        const batch = visits.slice(0, BATCH).map(({ appId, userId, day }) => ({ appId, userId, day }));
        for (const first of await this.#deps.users.recordVisits(batch)) {
          const { createdAt = 0 } = waiting.get(keyOf(first)) ?? {};
          for (const figure of figuresOfVisit({ ...first, createdAt })) {
            this.#deps.figures.count(first.appId, ...figure);
          }
        }
      } catch (error) {
        for (const visit of visits) this.#waiting.set(keyOf(visit), visit);
        throw error;
      }
    }
  }
}

function keyOf({ appId, userId, day }: Visit): string {
  return `${day} ${appId} ${userId}`;
}
