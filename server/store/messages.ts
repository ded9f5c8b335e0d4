import type { QueuedMessage } from '../model/message.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { MessageFilter, MessageStore } from '../ports/store/messages.ts';
import type { Engine, Filter } from './engine.ts';
import { type Leg, readLegs } from './key-page.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';
import { HOST_SCOPE } from './tables.ts';

/** Rows of before have no state, and are older than all that have one. */
const WAITING = ['waiting', null] as const;

/** One queue for the whole host, so that a sender needs no list of apps. */
function mapping(lookups: Lookups): RecordMapping<QueuedMessage> {
  return {
    table: 'messages',
    sealed: { secret: ['content'], personal: ['to'] },
    toRow(message) {
      const { id, revision, createdAt, dueAt, ...fields } = whole(message);
      return {
        id,
        appId: HOST_SCOPE,
        revision,
        createdAt,
        dueAt,
        fields,
        lookups: { app: fields.appId, to: recipientKey(lookups, fields.appId, fields.to) },
        tags: { state: fields.state },
      };
    },
    toRecord: ({ id, revision, createdAt, dueAt }, fields) =>
      whole({ ...fields, id, revision, createdAt, dueAt } as QueuedMessage),
  };
}

/** What an earlier version of the host wrote waits, and says nothing beside its content. */
function whole(message: QueuedMessage): QueuedMessage {
  const { content } = message;
  if (message.state !== undefined || content === undefined) return message;
  const { channel, message: template, locale, to } = content;
  return { ...message, state: 'waiting', channel, template, locale, to };
}

function recipientKey(lookups: Lookups, appId: string, to: string): string {
  return lookups.key(appId, 'recipient', to);
}

/** The app is served by its index, and the state alone by its own. */
function legsOf({ appId, state }: MessageFilter): Leg<QueuedMessage>[] {
  const leg = (more: Filter): Leg<QueuedMessage> => ({
    filter: { appId: HOST_SCOPE, ...more },
    by: 'createdAt',
    descending: true,
    fits: (message) => state === undefined || message.state === state,
  });
  if (appId !== undefined) return [leg({ lookup: { name: 'app', value: appId } })];
  if (state === undefined) return [leg({})];
  return (state === 'waiting' ? WAITING : [state]).map((wanted) => leg({ tags: { state: wanted } }));
}

/** `MessageStore` over an engine. */
export function createMessageStore(engine: Engine, lookups: Lookups, sealing: SealingDeps): MessageStore {
  const records = new Records(engine, mapping(lookups), sealing);
  const toRecipient = (appId: string, to: string) => ({
    appId: HOST_SCOPE,
    lookup: { name: 'to', value: recipientKey(lookups, appId, to) },
  });
  return {
    insert: (message) => records.insert(message),
    find: (id) => records.find(HOST_SCOPE, id),
    takeDue: (input) => records.takeDue(input),
    replace: (message) => records.replace(message),
    noteSent: (message) => records.replace(message, true),
    async remove(id) {
      await records.remove(HOST_SCOPE, id);
    },
    async count() {
      const counts = WAITING.map((state) => records.count({ appId: HOST_SCOPE, tags: { state } }));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    list: (filter, page) => readLegs(records, legsOf(filter), page),
    async listWaiting(appId, to) {
      const found = await records.list(toRecipient(appId, to), { order: 'newest', limit: 100 });
      return found.filter(({ state }) => state === 'waiting');
    },
    removeRecipient: (appId, to) => records.removeWhere(toRecipient(appId, to)),
    stream: () => records.stream({ appId: HOST_SCOPE }),
    removeAll: (appId) => records.removeWhere({ appId: HOST_SCOPE, lookup: { name: 'app', value: appId } }),
  };
}
