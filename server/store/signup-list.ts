import { type Signup, signupStateAt } from '../model/signup.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { KeyPageRequest, ListedRows } from '../ports/store/page.ts';
import type { SignupFilter } from '../ports/store/signups.ts';
import type { Filter } from './engine.ts';
import type { Leg } from './key-page.ts';
import { readList } from './list.ts';
import type { Records } from './records.ts';

export interface SignupListDeps {
  records: Records<Signup>;
  lookups: Lookups;
  ofHandle(appId: string, handle: string): Promise<Signup | undefined>;
}

/** See `SignupStore.list`. */
export function listSignups(
  deps: SignupListDeps,
  appId: string,
  { state, search, now }: SignupFilter,
  page: KeyPageRequest,
): Promise<ListedRows<Signup>> {
  const fits = (signup: Signup) => state === undefined || signupStateAt(signup, now) === state;
  const leg = (filter: Filter, by: Leg<Signup>['by'] = 'createdAt'): Leg<Signup> => ({
    filter: { appId, ...filter },
    by,
    descending: true,
    fits,
  });
  return readList(
    {
      records: deps.records,
      lookups: deps.lookups,
      appId,
      descending: true,
      fits,
      placeOf: ({ createdAt, id }) => [createdAt, id],
      search: search && {
        values: search,
        names: ({ handle }) => [handle],
        exact: async () => {
          const found = await Promise.all(search.map((value) => deps.ofHandle(appId, value)));
          return found.filter((signup) => signup !== undefined);
        },
      },
      choose: async () => state ?? 'plain',
      legs: (choice) => {
        switch (choice) {
          case 'waiting':
            return [leg({ due: { from: now + 1 } }, 'dueAt')];
          case 'expired':
            return [leg({ due: { before: now + 1 } }, 'dueAt')];
          case 'verified':
            return [leg({ due: 'never' })];
          default:
            return [leg({})];
        }
      },
    },
    page,
  );
}
