import type { Invite } from '../model/invite.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { InviteStore } from '../ports/store/invites.ts';
import type { Engine, Filter } from './engine.ts';
import { listInvites } from './invite-list.ts';
import { createMarks, type Mark } from './marks.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { prefixesOf, search } from './search.ts';
import { createTotals } from './totals.ts';

export const INVITE_FIELDS: SealedFields<Invite> = {
  secret: [],
  personal: ['handle', 'senderHandle', 'senderUserId', 'metaData'],
  whole: true,
};

function mapping(lookups: Lookups, mark: Mark): RecordMapping<Invite> {
  return {
    table: 'invites',
    sealed: INVITE_FIELDS,
    toRow: ({ id, appId, revision, createdAt, ...fields }) => ({
      id,
      appId,
      revision,
      createdAt,
      fields,
      keys: {
        // What was withdrawn leaves room for another offer of that sender.
        handleAndSender:
          fields.status === 'withdrawn'
            ? `-${id}`
            : pairKey(lookups, appId, fields.handle, fields.senderHandle),
      },
      lookups: { handle: lookups.key(appId, 'handle', fields.handle) },
      prefixes: [...prefixesOf(lookups, appId, [fields.handle]), mark(appId, 'sender', fields.senderHandle)],
      ...(fields.status === 'withdrawn' && { tags: { withdrawn: 'yes' } }),
      dueAt: dueAt(fields),
    }),
    toRecord: ({ id, appId, revision, createdAt }, fields) =>
      ({ ...fields, id, appId, revision, createdAt }) as Invite,
  };
}
/** When an open invite ends, and when one was withdrawn. */
function dueAt({ status, code, updatedAt }: Partial<Invite>): number | undefined {
  if (status === 'verified') return undefined;
  return status === 'withdrawn' ? updatedAt : (code?.expiresAt ?? updatedAt);
}
/** JSON keeps the two names apart, whatever they hold. */
function pairKey(lookups: Lookups, appId: string, handle: string, sender: string): string {
  return lookups.key(appId, 'handleAndSender', JSON.stringify([handle, sender]));
}

const NOT_WITHDRAWN = { withdrawn: null };

/** `InviteStore` over an engine. `isMarked`: whether every row is found by what it is listed by. */
export function createInviteStore(
  engine: Engine,
  lookups: Lookups,
  sealing: SealingDeps,
  { clock, isMarked }: { clock: Clock; isMarked: () => Promise<boolean> },
): InviteStore {
  const mark = createMarks(lookups);
  const records = new Records(engine, mapping(lookups, mark), sealing);
  const ofHandle = (appId: string, handle: string): Filter => ({
    appId,
    lookup: { name: 'handle', value: lookups.key(appId, 'handle', handle) },
  });
  const allOfHandle = (appId: string, handle: string) =>
    Array.fromAsync(records.newest(ofHandle(appId, handle)));
  const listByHandle = async (appId: string, handle: string) =>
    (await allOfHandle(appId, handle)).filter(({ status }) => status !== 'withdrawn');

  return {
    insert: (invite) => records.insert(invite),
    insertMany: (invites) => records.insertMany(invites),
    find: (appId, inviteId) => records.find(appId, inviteId),
    findBySender: (appId, handle, senderHandle) =>
      records.findByKey(appId, 'handleAndSender', pairKey(lookups, appId, handle, senderHandle)),
    listByHandle,
    replace: (invite) => records.replace(invite),
    remove: (appId, inviteId) => records.remove(appId, inviteId),
    removeByHandle: (appId, handle) => records.removeWhere(ofHandle(appId, handle)),
    async countBySender(appId, senderHandle) {
      let sent = 0;
      let accepted = 0;
      const ofSender = { appId, prefix: mark(appId, 'sender', senderHandle) };
      for await (const invite of records.newest((await isMarked()) ? ofSender : { appId })) {
        if (invite.senderHandle !== senderHandle) continue;
        sent++;
        if (invite.status === 'verified') accepted++;
      }
      return { sent, accepted };
    },
    page: (appId, page) => records.page({ appId, tags: NOT_WITHDRAWN }, page),
    async search(appId, query) {
      return search({ records, lookups }, query, {
        filter: { appId, tags: NOT_WITHDRAWN },
        names: ({ handle }) => [handle],
        exact: await listByHandle(appId, query.value),
      });
    },
    list: (appId, filter, page) =>
      listInvites({ records, lookups, mark, isMarked, ofHandle: allOfHandle }, appId, filter, page),
    total: createTotals(clock, (appId) => records.count({ appId })),
    relist: (appId, isStopped) => records.relist(appId, isStopped),
    removeWithdrawn: (appId, before, limit) =>
      records.removeWhere({ appId, tags: { withdrawn: 'yes' }, due: { before } }, limit),
    stream: (appId) => records.stream({ appId }),
    ending: (from, before) => records.due({ tags: NOT_WITHDRAWN, due: { from, before } }),
    removeAll: (appId) => records.removeWhere({ appId }),
  };
}
