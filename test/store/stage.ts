import { after, before } from 'node:test';
import type { EventFields, EventName } from '../../server/model/events.ts';
import type { Store } from '../../server/ports/store/store.ts';
import { systemClock } from '../../server/security/clock.ts';
import { createFieldCipher, createLookups } from '../../server/security/sealing.ts';
import type { Engine } from '../../server/store/engine.ts';
import { createStore } from '../../server/store/store.ts';
import { MADE_AT } from '../support/records.ts';

/** Opens an engine over a database of its own, empty. */
export type OpenEngine = () => Promise<Engine>;

/** A store under test and what surrounds it. */
export interface Stage {
  store: Store;
  /** What the store sits on: raw rows. */
  engine: Engine;
  /** What the clock of the store says. */
  time: { now: number };
  events: { event: EventName; fields: EventFields | undefined }[];
  /** Another process on the same database: nothing in memory is shared. */
  another(options?: { encryptUserData: boolean }): Store;
}

const CIPHER = createFieldCipher(Buffer.alloc(32, 1));
const LOOKUPS = createLookups(Buffer.alloc(32, 2));

/** A store over `engine` with the test keys, the clock standing at `time` and events kept in `events`. */
export function storeOver(
  engine: Engine,
  {
    encryptUserData = true,
    time = { now: MADE_AT },
    events = [],
  }: { encryptUserData?: boolean; time?: Stage['time']; events?: Stage['events'] } = {},
): Store {
  return createStore({
    engine,
    cipher: CIPHER,
    lookups: LOOKUPS,
    clock: { ...systemClock, now: () => time.now },
    events: { emit: (event, fields) => events.push({ event, fields }) },
    encryptUserData,
  });
}

/**
 * Sets a stage for the tests of one `describe`; call what it answers inside a test. Tests keep apart by app
 * ids of their own.
 */
export function setStage(openEngine: OpenEngine, encryptUserData = true): () => Stage {
  let stage: Stage;
  before(async () => {
    const engine = await openEngine();
    const time = { now: MADE_AT };
    const events: Stage['events'] = [];
    const another = (options = { encryptUserData }) => storeOver(engine, { time, events, ...options });
    stage = { store: another(), engine, time, events, another };
  });
  after(() => stage.store.close());
  return () => stage;
}

/** Rejection reasons of settled promises, by their public error name. */
export function refusals(settled: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return settled
    .filter((result) => result.status === 'rejected')
    .map(({ reason }) => (reason instanceof Error && 'error' in reason ? reason.error : reason));
}
