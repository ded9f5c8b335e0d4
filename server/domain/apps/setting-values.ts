import type { App } from '../../model/app.ts';
import type { Entry, Groups, Kept } from './setting-entry.ts';
import {
  SETTINGS,
  type SettingEntry,
  type SettingField,
  type SettingName,
  settingsShownTo,
} from './setting-table.ts';

type FieldWithInitial = Extract<SettingEntry<SettingName>, { initial: unknown }>['field'];
type Whole<F extends string> = { [K in Extract<F, keyof App>]: App[K] } & {
  [G in keyof Groups as `${G}.${keyof Groups[G] & string}` extends F ? G : never]: Groups[G];
};
type Shown<E extends { field: SettingField }> = E extends { clearedBy: 'zero' | 'emptyList' }
  ? NonNullable<Kept<E['field']>>
  : Kept<E['field']> | (E['field'] extends `twilio.${string}` ? undefined : never);
/** The settings that this audience alone is told, by their published names. */
export type ShownTo<A extends Entry['shownTo']> = {
  [N in SettingName as SettingEntry<N>['shownTo'] extends A ? N : never]: Shown<SettingEntry<N>>;
};

/** Settings of an app, with a value for each that none may lack. */
export type WholeSettings = Whole<FieldWithInitial> &
  Partial<Pick<App, Extract<SettingField, keyof App> | keyof Groups>>;

/** What a new app starts with. */
export function initialSettings(): Whole<FieldWithInitial> {
  return structuredClone(
    fieldsOf(SETTINGS.map(([, entry]) => [entry, 'initial' in entry ? entry.initial : undefined])),
  ) as Whole<FieldWithInitial>;
}

/** Settings as they are answered: secrets masked. */
export function shownSettings<A extends Entry['shownTo']>(app: App, audience: A): ShownTo<A> {
  return Object.fromEntries(
    settingsShownTo(audience).map(([name, entry]) => [name, shown(app, entry)]),
  ) as ShownTo<A>;
}

function shown(app: App, entry: Entry): unknown {
  const value = keptIn(app, entry);
  if (value !== undefined) return entry.masked ? masked(String(value)) : value;
  const clearedBy = 'clearedBy' in entry ? entry.clearedBy : undefined;
  return clearedBy === 'zero' ? 0 : clearedBy === 'emptyList' ? [] : undefined;
}

/** A secret as the portal is shown it: all but the last four characters hidden. */
export function masked(secret: string): string {
  const end = secret.length > 8 ? secret.slice(-4) : '';
  return '*'.repeat(secret.length - end.length) + end;
}

/** What a record keeps of a setting. */
export function keptIn(record: object, { field }: Pick<Entry, 'field'>): unknown {
  const [outer, member] = placeOf(field);
  const kept = (record as Record<string, unknown>)[outer];
  return member === undefined ? kept : (kept as Record<string, unknown> | undefined)?.[member];
}

/**
 * A record of these values and no others, where `undefined` is none; a group only where one of its members is
 * given, beside what it has in `within`.
 */
export function fieldsOf(
  values: readonly (readonly [Pick<Entry, 'field'>, unknown])[],
  within: object = {},
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [{ field }, value] of values) {
    if (value === undefined) continue;
    const [outer, member] = placeOf(field);
    const group = record[outer] ?? (within as Record<string, unknown>)[outer];
    record[outer] = member === undefined ? value : { ...(group as object | undefined), [member]: value };
  }
  return record;
}

function placeOf(field: string): [outer: string, member: string | undefined] {
  const [outer = '', member] = field.split('.');
  return [outer, member];
}
