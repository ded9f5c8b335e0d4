import type { ActivityStore } from './activity.ts';
import type { AppStore } from './apps.ts';
import type { AssetStore } from './assets.ts';
import type { AuditStore } from './audit.ts';
import type { CounterStore } from './counters.ts';
import type { FigureStore } from './figures.ts';
import type { InviteStore } from './invites.ts';
import type { JobStore } from './jobs.ts';
import type { ManagedHostStore } from './managed-hosts.ts';
import type { MessageStore } from './messages.ts';
import type { MetaStore } from './meta.ts';
import type { OperatorSessionStore } from './operator-sessions.ts';
import type { OperatorStore } from './operators.ts';
import type { SignupStore } from './signups.ts';
import type { TemplateStore } from './templates.ts';
import type { UserStore } from './users.ts';

/**
 * Everything the host remembers. A write is durable when its promise resolves (SQLite: fsync; MongoDB:
 * majority and journal). Every method rejects with `service_unavailable` while the database cannot be
 * reached, within 8 s at most.
 *
 * Mutable records carry `revision`. `insert` stores revision 1. `replace(record)` writes only if the stored
 * revision still is `record.revision`, and answers the record with its new revision, or `undefined` when
 * somebody else wrote or removed it meanwhile.
 */
export interface Store {
  readonly apps: AppStore;
  readonly users: UserStore;
  readonly signups: SignupStore;
  readonly invites: InviteStore;
  readonly templates: TemplateStore;
  readonly activity: ActivityStore;
  readonly messages: MessageStore;
  readonly operators: OperatorStore;
  readonly operatorSessions: OperatorSessionStore;
  readonly managedHosts: ManagedHostStore;
  readonly audit: AuditStore;
  readonly jobs: JobStore;
  readonly assets: AssetStore;
  readonly counters: CounterStore;
  readonly figures: FigureStore;
  readonly meta: MetaStore;
  /** `sqlite` or `mongodb`. */
  readonly kind: 'sqlite' | 'mongodb';
  /** Resolves when a small read came back; rejects with `service_unavailable` otherwise, within 5 s. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
