import type { QueuedMessage } from '../model/message.ts';
import type { MessageStore } from '../ports/store/messages.ts';
import type { Engine } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

/** One queue for the whole host, so that a sender needs no list of apps. */
const MAPPING: RecordMapping<QueuedMessage> = {
  table: 'messages',
  sealed: { secret: ['content'], personal: [] },
  toRow: ({ id, revision, createdAt, dueAt, ...fields }) => ({
    id,
    appId: HOST_SCOPE,
    revision,
    createdAt,
    dueAt,
    fields,
    lookups: { app: fields.appId },
  }),
  toRecord: ({ id, revision, createdAt, dueAt }, fields) =>
    ({ ...fields, id, revision, createdAt, dueAt }) as QueuedMessage,
};

/** `MessageStore` over an engine. */
export function createMessageStore(engine: Engine, sealing: SealingDeps): MessageStore {
  const records = new Records(engine, MAPPING, sealing);
  return {
    insert: (message) => records.insert(message),
    takeDue: (input) => records.takeDue(input),
    async postpone(id, { tries, dueAt }) {
      const message = await records.find(HOST_SCOPE, id);
      if (message) await records.replace({ ...message, tries, dueAt });
    },
    async remove(id) {
      await records.remove(HOST_SCOPE, id);
    },
    count: () => records.count({ appId: HOST_SCOPE }),
    stream: () => records.stream({ appId: HOST_SCOPE }),
    removeAll: (appId) => records.removeWhere({ appId: HOST_SCOPE, lookup: { name: 'app', value: appId } }),
  };
}
