import type { Config } from '../model/config.ts';
import type { Archives } from './archive.ts';
import type { Clock } from './clock.ts';
import type { Mailer, Renderer, Texter } from './delivery.ts';
import type { ActivityLog, Events, Metrics } from './log.ts';
import type { Origin } from './origin.ts';
import type { Readiness } from './readiness.ts';
import type {
  AppTokens,
  Codes,
  HostTokens,
  IdentityTokens,
  KeyPairs,
  PasswordHasher,
  QrCodes,
  Totp,
} from './security.ts';
import type { Store } from './store/store.ts';

/** Everything the domain needs from outside, in one object; `wiring.ts` builds it. A domain function names the members it uses. */
export interface Deps {
  readonly config: Config;
  readonly store: Store;
  readonly passwords: PasswordHasher;
  readonly hostTokens: HostTokens;
  readonly appTokens: AppTokens;
  readonly identityTokens: IdentityTokens;
  readonly keyPairs: KeyPairs;
  readonly codes: Codes;
  readonly totp: Totp;
  readonly qrCodes: QrCodes;
  readonly mailer: Mailer;
  readonly texter: Texter;
  readonly renderer: Renderer;
  readonly archives: Archives;
  readonly activity: ActivityLog;
  readonly events: Events;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly readiness: Readiness;
  readonly origin: Origin;
  /** A short name for a handle in events: first 12 hex digits of its keyed look-up hash. */
  readonly handleRef: (appId: string, handle: string) => string;
  /** Wakes the message sender after a row was queued. */
  readonly wakeDelivery: () => void;
}
