import type { Clock } from '../ports/clock.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import { META, type MetaStore } from '../ports/store/meta.ts';
import type { Store } from '../ports/store/store.ts';
import { createActivityStore } from './activity.ts';
import { createAppStore } from './apps.ts';
import { createAssetStore } from './assets.ts';
import { createAuditStore } from './audit.ts';
import { createCounterStore } from './counters.ts';
import type { Engine } from './engine.ts';
import { createFigureStore } from './figures.ts';
import { createInviteStore } from './invites.ts';
import { createJobStore } from './jobs.ts';
import { createManagedHostStore } from './managed-hosts.ts';
import { createMessageStore } from './messages.ts';
import { createMetaStore } from './meta.ts';
import { createOperatorSessionStore } from './operator-sessions.ts';
import { createOperatorStore } from './operators.ts';
import type { SealingDeps } from './sealed.ts';
import { createSignupStore } from './signups.ts';
import { createTemplateStore } from './templates.ts';
import { createUserStore } from './users.ts';

/**
 * The store the domain sees, over either engine. The data key has been unwrapped before: it is inside
 * `cipher`.
 */
export function createStore(
  deps: SealingDeps & { readonly engine: Engine; readonly lookups: Lookups; readonly clock: Clock },
): Store {
  const { engine, lookups, clock } = deps;
  const meta = createMetaStore(engine, deps);
  const isMarked = markedOnce(meta);
  return {
    apps: createAppStore(engine, lookups, deps, clock),
    users: createUserStore(engine, lookups, deps, { clock, isMarked }),
    signups: createSignupStore(engine, lookups, deps, clock),
    invites: createInviteStore(engine, lookups, deps, { clock, isMarked }),
    templates: createTemplateStore(engine, lookups, deps, clock),
    activity: createActivityStore(engine, lookups, deps),
    messages: createMessageStore(engine, lookups, deps),
    operators: createOperatorStore(engine, lookups, deps),
    operatorSessions: createOperatorSessionStore(engine, lookups, deps),
    managedHosts: createManagedHostStore(engine, lookups, deps),
    audit: createAuditStore(engine, deps),
    jobs: createJobStore(engine, deps),
    assets: createAssetStore(engine, lookups, deps),
    counters: createCounterStore(engine),
    figures: createFigureStore(engine),
    meta,
    kind: engine.kind,
    ping: () => engine.ping(),
    close: () => engine.close(),
  };
}

/** Whether every row is found by what it is listed by; asked of the database until it is so. */
function markedOnce(meta: MetaStore): () => Promise<boolean> {
  let isMarked = false;
  return async () => {
    isMarked ||= (await meta.get(META.rowsListed)) !== undefined;
    return isMarked;
  };
}
