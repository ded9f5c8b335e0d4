/** What an operator may do, the most first (table of roles and actions: `portal/roles.ts`). */
export const ROLES = ['owner', 'admin', 'support', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** An app of a registered host; `host` is `here` for the host itself, else the id of a `ManagedHost`. */
export interface AppLimit {
  host: string;
  appId: string;
}

/** Somebody who signs in to the portal. */
export interface Operator {
  /** 24 hex digits. */
  id: string;
  revision: number;
  /** Lower case. */
  email: string;
  role: Role;
  /** The only apps to be seen; absent = all. */
  apps?: AppLimit[];
  /** Argon2id over the clear password; absent until the operator entered by a link. */
  passwordHash?: string;
  /** Base32, while TOTP is on. */
  totpSecret?: string;
  /** The last accepted time step; only a greater one is accepted (RFC 6238 §5.2). */
  totpLastStep?: number;
  /** A secret waiting for its first code. */
  pendingTotp?: { secret: string; until: number };
  /** Keyed digests of unused recovery codes. */
  recoveryCodes: string[];
  /** The one link that opens the account; a newer one takes its place. */
  entry?: { digest: string; until: number };
  /** Moves to end every session. */
  epoch: number;
  /** Where the operator proved who they are, as of users. */
  networks?: { network: string; day: number }[];
  enteredAt?: number;
  lastSignIn?: number;
  /** Language of the portal; absent = what the browser asks for. */
  locale?: string;
  /** IANA name of the time zone; absent = UTC. */
  zone?: string;
  /** False switches the keyboard map off. */
  keyboard?: boolean;
  createdAt: number;
  updatedAt: number;
}

/** A signed-in browser. */
export interface OperatorSession {
  id: string;
  revision: number;
  operatorId: string;
  /** SHA-256 of the cookie's text. */
  digest: string;
  /** Of the operator when it began. */
  epoch: number;
  /** Stands in every form of the session's pages. */
  csrf: string;
  /** Until then what asks for a step-up is let through. */
  steppedUpUntil?: number;
  /** The form that waits for a step-up. */
  waiting?: { id: string; path: string; body: string; until: number };
  /** A word to say on the next page, once; the name of a text. */
  notice?: string;
  address: string;
  userAgent: string;
  createdAt: number;
  /** Written apart, at most once a minute. */
  seenAt?: number;
  expiresAt: number;
}

/** Another host that this portal manages. */
export interface ManagedHost {
  id: string;
  revision: number;
  name: string;
  /** No trailing slash. */
  url: string;
  serverSecret: string;
  /** An owner said that it may lie in a private network. */
  privateAllowed: boolean;
  createdAt: number;
  updatedAt: number;
}

/** A field somebody changed; secrets and personal data without values. */
export interface AuditChange {
  field: string;
  before?: string;
  after?: string;
}

/** One line of what operators did; never edited. */
export interface AuditRow {
  id: string;
  operatorId: string;
  email: string;
  /** The client's address. */
  address: string;
  action: string;
  /** `here`, or the id of a managed host. */
  host?: string;
  appId?: string;
  /** What it was done to: an operator, a user, a host. */
  target?: string;
  changes: AuditChange[];
  createdAt: number;
}
