import type { Config } from '../model/config.ts';
import type { QueuedMessage } from '../model/message.ts';
import type { Archives } from './archive.ts';
import type { AssetStorages } from './assets/asset-storage.ts';
import type { LocalAssets } from './assets/local-assets.ts';
import type { Clock } from './clock.ts';
import type { DnsRecords } from './delivery/dns-records.ts';
import type { Mailer } from './delivery/mailer.ts';
import type { Renderer } from './delivery/renderer.ts';
import type { Texter } from './delivery/texter.ts';
import type { ForeignFiles } from './foreign-files.ts';
import type { Hints } from './hints.ts';
import type { HostFacts } from './host-facts.ts';
import type { ActivityLog } from './log/activity-log.ts';
import type { Events } from './log/events.ts';
import type { Figures } from './log/figures.ts';
import type { Metrics } from './log/metrics.ts';
import type { Origin } from './origin.ts';
import type { Readiness } from './readiness.ts';
import type { AppTokens } from './security/app-tokens.ts';
import type { Codes } from './security/codes.ts';
import type { Cursors } from './security/cursors.ts';
import type { HostTokens } from './security/host-tokens.ts';
import type { IdentityTokens } from './security/identity-tokens.ts';
import type { KeyPairs } from './security/key-pairs.ts';
import type { PasswordHasher } from './security/password-hasher.ts';
import type { QrCodes } from './security/qr-codes.ts';
import type { FieldCipher } from './security/sealing.ts';
import type { Totp } from './security/totp.ts';
import type { Store } from './store/store.ts';

/**
 * Everything the domain needs from outside, in one object; `wiring.ts` builds it. A domain function names the
 * members it uses.
 */
export interface Deps {
  readonly config: Config;
  readonly store: Store;
  readonly passwords: PasswordHasher;
  readonly hostTokens: HostTokens;
  readonly appTokens: AppTokens;
  readonly identityTokens: IdentityTokens;
  readonly keyPairs: KeyPairs;
  readonly codes: Codes;
  readonly cursors: Cursors;
  readonly totp: Totp;
  readonly qrCodes: QrCodes;
  readonly mailer: Mailer;
  readonly texter: Texter;
  readonly dnsRecords: DnsRecords;
  readonly renderer: Renderer;
  readonly archives: Archives;
  readonly foreignFiles: ForeignFiles;
  readonly assetStorages: AssetStorages;
  readonly localAssets: LocalAssets;
  readonly activity: ActivityLog;
  readonly events: Events;
  readonly metrics: Metrics;
  readonly figures: Figures;
  readonly clock: Clock;
  readonly readiness: Readiness;
  readonly origin: Origin;
  readonly host: HostFacts;
  readonly hints: Hints;
  /** Seals what leaves the process and comes back, such as a cookie that says more than a name. */
  readonly cipher: FieldCipher;
  /** A short name for a handle in events: first 12 hex digits of its keyed look-up hash. */
  readonly handleRef: (appId: string, handle: string) => string;
  /** Wakes the message sender after a row was queued; `taken`: one that is leased to it already. */
  readonly wakeDelivery: (taken?: QueuedMessage) => void;
  /** Whether the message sender sends one more at once, so that its row may be leased from the start. */
  readonly deliveryHasRoom: () => boolean;
  /** Wakes what works jobs off after one was begun. */
  readonly wakeJobs: () => void;
  /** Wakes what removes objects from their storages after assets were taken away. */
  readonly wakeAssets: () => void;
}
