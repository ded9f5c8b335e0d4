import type { Invite } from '../model/invite.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { InviteStore } from '../ports/store/invites.ts';
import type { Engine, Filter } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealedFields, SealingDeps } from './sealed.ts';
import { prefixesOf, search } from './search.ts';

export const INVITE_FIELDS: SealedFields<Invite> = {
  secret: [],
  personal: ['handle', 'senderHandle', 'senderUserId', 'metaData'],
  whole: true,
};

function mapping(lookups: Lookups): RecordMapping<Invite> {
  return {
    table: 'invites',
    sealed: INVITE_FIELDS,
    toRow: ({ id, appId, revision, createdAt, ...fields }) => ({
      id,
      appId,
      revision,
      createdAt,
      fields,
      keys: { handleAndSender: pairKey(lookups, appId, fields.handle, fields.senderHandle) },
      lookups: { handle: lookups.key(appId, 'handle', fields.handle) },
      prefixes: prefixesOf(lookups, appId, [fields.handle]),
    }),
    toRecord: ({ id, appId, revision, createdAt }, fields) =>
      ({ ...fields, id, appId, revision, createdAt }) as Invite,
  };
}
/** JSON keeps the two names apart, whatever they hold. */
function pairKey(lookups: Lookups, appId: string, handle: string, sender: string): string {
  return lookups.key(appId, 'handleAndSender', JSON.stringify([handle, sender]));
}

/** `InviteStore` over an engine. */
export function createInviteStore(engine: Engine, lookups: Lookups, sealing: SealingDeps): InviteStore {
  const records = new Records(engine, mapping(lookups), sealing);
  const ofHandle = (appId: string, handle: string): Filter => ({
    appId,
    lookup: { name: 'handle', value: lookups.key(appId, 'handle', handle) },
  });
  const listByHandle = (appId: string, handle: string) =>
    Array.fromAsync(records.newest(ofHandle(appId, handle)));

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
      for await (const invite of records.stream({ appId })) {
        if (invite.senderHandle !== senderHandle) continue;
        sent++;
        if (invite.status === 'verified') accepted++;
      }
      return { sent, accepted };
    },
    page: (appId, page) => records.page({ appId }, page),
    async search(appId, query) {
      return search({ records, lookups }, query, {
        filter: { appId },
        names: ({ handle }) => [handle],
        exact: await listByHandle(appId, query.value),
      });
    },
    stream: (appId) => records.stream({ appId }),
    removeAll: (appId) => records.removeWhere({ appId }),
  };
}
