import type { App, PasswordRules, TwilioAccount } from '../../model/app.ts';

/**
 * What a value may be, wherever it comes from, a portal or an import: what a portal is shown it can save.
 * Lengths are in characters.
 */
export type Kind<V extends string = string> =
  | { kind: 'flag' }
  | { kind: 'choice'; of: readonly V[] }
  /** One line without control characters. */
  | { kind: 'line'; length: number }
  | { kind: 'mailAddress' }
  /** An https address or a deep link. */
  | { kind: 'appAddress' }
  /** An https address. */
  | { kind: 'webAddress' }
  /** `#rrggbb`, kept in lower case. */
  | { kind: 'colour' }
  /** An https address, or an http one of this machine. */
  | { kind: 'endpoint' }
  /** Comma-separated media types, with `*` for any. */
  | { kind: 'mediaTypes'; length: number }
  /** A whole number from 0 on, or from `min`. */
  | { kind: 'count'; min?: number }
  /** More than 0, perhaps with a fraction. */
  | { kind: 'hours'; max: number }
  | { kind: 'audiences'; max: number; length: number }
  /** ISO 3166 codes of two letters. */
  | { kind: 'countries' };

type KindOf<V> = [V] extends [boolean]
  ? { kind: 'flag' }
  : [V] extends [number]
    ? Extract<Kind, { kind: 'count' | 'hours' }>
    : [V] extends [string]
      ? string extends V
        ? Extract<
            Kind,
            {
              kind:
                | 'line'
                | 'mailAddress'
                | 'appAddress'
                | 'webAddress'
                | 'colour'
                | 'endpoint'
                | 'mediaTypes';
            }
          >
        : { kind: 'choice'; of: readonly V[] }
      : Extract<Kind, { kind: 'audiences' | 'countries' }>;

/** Fields of an app that hold several settings. */
export interface Groups {
  twilio: TwilioAccount;
  passwordRules: PasswordRules;
}
type GroupField = { [G in keyof Groups]: `${G}.${keyof Groups[G] & string}` }[keyof Groups];
export type Field = Exclude<keyof App, keyof Groups> | GroupField;
/** What the app keeps in a field. */
export type Kept<F extends Field> = F extends keyof App
  ? App[F]
  : F extends `${infer G extends keyof Groups}.${infer M}`
    ? Groups[G][M & keyof Groups[G]]
    : never;
/** A group that an app may lack has no members of a new app. */
type MayLack<F extends Field> =
  undefined extends Kept<F> ? true : F extends `twilio.${string}` ? true : false;

/** One setting of an app, all that is to be said about it. Its key in the table is its published name. */
type EntryOf<F extends Field> = {
  /** Where the app keeps it; behind a dot: in a group. */
  field: F;
  kind: KindOf<NonNullable<Kept<F>>>;
  /** The `setting` of `updateAppSetting` that carries it. */
  setting: string;
  /**
   * What it means when that call leaves the value out; otherwise the value is required. `cleared`: then an
   * empty one is refused.
   */
  leftOut?: 'kept' | 'reset' | 'cleared';
  /** A second name for the same value in what comes in. */
  alias?: string;
  /** Who is told: the app's clients and the portal, or only the portal. */
  shownTo: 'clients' | 'portal';
  /** The portal is shown only its end. */
  masked?: true;
  /** Not in an export without secrets. */
  secret?: true;
} & (MayLack<F> extends true
  ? {
      /** The value that clears it; a number or list that is not there is shown so, too. */
      clearedBy?: 'emptyText' | 'zero' | 'emptyList';
    }
  : {
      /** What a new app has. */
      initial: Readonly<Kept<F>>;
      /** What the host that wrote an export did when the export lacks the column. */
      oldExport: Readonly<Kept<F>>;
    });
export type Entry = { [F in Field]: EntryOf<F> }[Field];
