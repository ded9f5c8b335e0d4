import { type Invite, inviteStateAt } from '../model/invite.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { InviteFilter } from '../ports/store/invites.ts';
import type { KeyPageRequest, ListedRows } from '../ports/store/page.ts';
import type { Filter } from './engine.ts';
import type { Leg } from './key-page.ts';
import { readList } from './list.ts';
import type { Mark } from './marks.ts';
import type { Records } from './records.ts';

export interface InviteListDeps {
  records: Records<Invite>;
  lookups: Lookups;
  mark: Mark;
  /** Whether every row is found by its marks and by when it ends. */
  isMarked: () => Promise<boolean>;
  /** All of a handle, withdrawn ones included. */
  ofHandle(appId: string, handle: string): Promise<readonly Invite[]>;
}

/** See `InviteStore.list`. */
export function listInvites(
  deps: InviteListDeps,
  appId: string,
  { state, senderHandle, search, now }: InviteFilter,
  page: KeyPageRequest,
): Promise<ListedRows<Invite>> {
  const fits = (invite: Invite) =>
    (state === undefined || inviteStateAt(invite, now) === state) &&
    (senderHandle === undefined || invite.senderHandle === senderHandle);
  const leg = (filter: Filter, by: Leg<Invite>['by'] = 'createdAt'): Leg<Invite> => ({
    filter: { appId, ...filter },
    by,
    descending: true,
    fits,
  });
  const legs = (choice: string): Leg<Invite>[] => {
    if (choice === 'sender') return [leg({ prefix: deps.mark(appId, 'sender', senderHandle ?? '') })];
    const open = { withdrawn: null };
    switch (choice) {
      case 'waiting':
        return [leg({ tags: open, due: { from: now + 1 } }, 'dueAt')];
      case 'expired':
        return [leg({ tags: open, due: { before: now + 1 } }, 'dueAt')];
      case 'accepted':
        return [leg({ tags: open, due: 'never' })];
      case 'withdrawn':
        return [leg({ tags: { withdrawn: 'yes' } }, 'dueAt')];
      default:
        return [leg({})];
    }
  };
  return readList(
    {
      records: deps.records,
      lookups: deps.lookups,
      appId,
      descending: true,
      fits,
      legs,
      placeOf: ({ createdAt, id }) => [createdAt, id],
      search: search && {
        values: search,
        names: ({ handle }) => [handle],
        exact: async () => (await Promise.all(search.map((value) => deps.ofHandle(appId, value)))).flat(),
      },
      async choose() {
        if (state === 'withdrawn') return state;
        if (!(await deps.isMarked())) return 'plain';
        return senderHandle === undefined ? (state ?? 'plain') : 'sender';
      },
    },
    page,
  );
}
