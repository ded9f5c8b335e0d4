import type { ForeignShape } from '../../../ports/foreign-files.ts';

/** Second factors that come along, with the secret in base32. */
export interface MovedTotp {
  secret: string;
  digits?: number;
  period?: number;
  algorithm?: string;
}

/** What another system kept of a password. */
export type MovedPassword =
  /** A hash of the typed text, in one of the forms the host knows. */
  | { of: 'clear'; form: string }
  /** Unsalted MD5 in hex, which is what clients send. */
  | { of: 'md5'; hex: string };

/** A person as the other system kept them, in our words. */
export interface MovedUser {
  /** The other system's id, unique in the file. */
  id: string;
  email?: string | undefined;
  /** That `email` itself was. */
  emailVerified: boolean;
  phone?: string | undefined;
  /** That `phone` itself was; absent where the system has no word for it. */
  phoneVerified?: boolean;
  password?: MovedPassword | undefined;
  disabled: boolean;
  isAnonymous?: boolean;
  createdAt?: number | undefined;
  /** Of these the first is taken when there is no password. */
  social?: readonly { provider: 'apple' | 'google'; id: string }[];
  totp?: MovedTotp | undefined;
  /** Factors that cannot come along. */
  otherFactors?: number;
  locale?: string | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

/** What was said beside the file. */
export interface SourceOptions {
  base64_signer_key?: string | undefined;
  base64_salt_separator?: string | undefined;
  rounds?: number | undefined;
  mem_cost?: number | undefined;
}

/** Where people come from. */
export interface Source {
  /** The member that holds the records of a JSON document. */
  list: string;
  /** Of CSV without a header line. */
  columns?: readonly string[];
  sqlite?: boolean;
  archive?: ForeignShape['archive'];
  /** The second file it knows, and what joins the two. */
  second?: {
    part: 'passwords' | 'identities' | 'accounts';
    list: string;
    keyOf(fields: Fields): string | undefined;
  };
  /** Options without which no password can be read. */
  needs?: readonly (keyof SourceOptions)[];
  /** The other system's id of a record; undefined where it has none. */
  idOf(fields: Fields): string | undefined;
  /**
   * Throws `RowError`. `joined`: what the second file says of the id. Absent where rows are records of this
   * very host.
   */
  read?(
    id: string,
    fields: Fields,
    context: { options: SourceOptions; joined: readonly Fields[] },
  ): MovedUser;
}

/** Why a row is refused, for the report. */
export type RowReason =
  | 'broken_row'
  | 'too_large'
  | 'no_id'
  | 'double_id'
  | 'no_handle'
  | 'invalid_handle'
  | 'double_handle'
  | 'unknown_hash'
  | 'metadata'
  | 'taken'
  | 'unverified'
  | 'no_seats';

/** A row that cannot be taken. */
export class RowError extends Error {
  override readonly name = 'RowError';
  readonly reason: RowReason;
  constructor(reason: RowReason) {
    super(reason);
    this.reason = reason;
  }
}
