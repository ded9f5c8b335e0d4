import { z } from 'zod';
import type { SettingsChange, WholeLists } from '../../domain/apps/app-settings.ts';
import type { Entry, Kind } from '../../domain/apps/setting-entry.ts';
import {
  SETTINGS,
  type SettingAlias,
  type SettingCall,
  type SettingName,
  type SettingValues,
} from '../../domain/apps/setting-table.ts';
import { fieldsOf } from '../../domain/apps/setting-values.ts';
import { isCountry } from '../../domain/users/phone-number.ts';
import { isStorageEndpoint, isTypeList } from '../../model/asset.ts';
import { ADDRESS_LENGTH, isAppAddress, isColour, isWebAddress } from '../../model/brand.ts';
import { type Because, HostError, refused } from '../../model/errors.ts';
import { LOCALES } from '../../model/locale.ts';
import { blame } from '../frame/reason.ts';
import {
  appName,
  fieldList,
  mailAddress,
  metadataFields,
  numberOrDigits,
  plainText,
  wholeNumber,
} from './portal-parameter.ts';

type Values = SettingValues & { [A in SettingAlias]?: string | undefined };
type ValueName = keyof Values;
type ValueSchemas = { [K in ValueName]-?: z.ZodType<Values[K]> };

function schemaOf(kind: Kind): z.ZodType {
  switch (kind.kind) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(kind.of as [string, ...string[]]);
    case 'line':
      return plainText(kind.length);
    case 'mailAddress':
      return mailAddress;
    case 'appAddress':
      return orEmpty(z.string().max(ADDRESS_LENGTH).refine(isAppAddress));
    case 'webAddress':
      return orEmpty(z.string().max(ADDRESS_LENGTH).refine(isWebAddress));
    case 'colour':
      return orEmpty(z.string().max(7).refine(isColour).toLowerCase());
    case 'endpoint':
      return orEmpty(z.string().max(ADDRESS_LENGTH).refine(isStorageEndpoint));
    case 'mediaTypes':
      return z.string().max(kind.length).refine(isTypeList);
    case 'count':
      return kind.min === undefined ? wholeNumber : wholeNumber.refine((count) => count >= (kind.min ?? 0));
    case 'hours':
      return numberOrDigits(z.number().positive().max(kind.max));
    case 'audiences':
      return z.array(plainText(kind.length).min(1)).max(kind.max);
    case 'countries':
      return countryList;
  }
}

/** An empty text clears the setting. */
function orEmpty(schema: z.ZodType<string>) {
  return z.union([z.literal(''), schema]);
}

const countryList = z
  .array(
    z
      .string()
      .max(2)
      .transform((code) => code.toUpperCase())
      .refine(isCountry),
  )
  .max(300)
  .transform((codes) => [...new Set(codes)]);

/** A schema for each value field, under every name it has. */
function eachValue(made: (schema: z.ZodType) => z.ZodType): ValueSchemas {
  const entries = SETTINGS.flatMap(([name, { kind, alias }]) => {
    const schema = made(schemaOf(kind));
    return [...(alias ? [[alias, schema]] : []), [name, schema]];
  });
  return Object.fromEntries(entries) as ValueSchemas;
}

const calls = [...new Set(SETTINGS.map(([, { setting }]) => setting))] as [SettingCall, ...SettingCall[]];

/** Input of `updateAppSetting`: one setting and its values, in their JSON types. */
export const settingInput = {
  setting: z.enum(calls),
  ...eachValue((schema) => schema.optional()),
};

/**
 * Input of `update`: any of the values, `"true"` and `"false"` for booleans too, empty texts for nothing
 * (contract P8, S25).
 */
export const updateInput = {
  name: z.union([z.literal(''), appName]).optional(),
  ...eachValue((schema) => z.preprocess((value) => fromText(schema, value), schema.optional())),
  metaData: z.union([z.literal(''), metadataFields]).optional(),
  metaDataInvite: z.union([z.literal(''), metadataFields]).optional(),
};

function fromText(schema: z.ZodType, value: unknown): unknown {
  if (value === '') return undefined;
  if (!(schema instanceof z.ZodBoolean)) return value;
  return value === 'true' ? true : value === 'false' ? false : value;
}

const savedSettings = z.strictObject({
  name: appName.optional(),
  ...eachValue((schema) => schema.optional()),
  metaData: fieldList.optional(),
  metaDataInvite: fieldList.optional(),
  locales: z.array(z.string().max(35)).max(LOCALES.size).optional(),
});

/**
 * What `settings` asks for, by names of the portal's app object; an empty text takes away what an app may
 * lack. Throws `refused`, which blames the first member that is unknown or wrong.
 */
export function savedChange(sent: Record<string, unknown>): { settings: SettingsChange; lists: WholeLists } {
  const checked = savedSettings.safeParse(sent);
  if (!checked.success) throw new HostError('refused', { because: blamed(checked.error.issues, sent) });
  const { name, metaData, metaDataInvite, locales, ...values } = checked.data;
  const given = withWholeAccount(values);
  const settings = changeOf(
    SETTINGS.map(([each, entry]) => {
      const value = given[each];
      return [entry, value === '' && !('initial' in entry) ? null : value];
    }),
  );
  return { settings: { ...settings, name }, lists: { metaData, metaDataInvite, locales } };
}

function blamed(issues: readonly z.core.$ZodIssue[], sent: Record<string, unknown>): Because {
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0);
  if (unknown?.code === 'unrecognized_keys') return { reason: 'unknown_value', field: unknown.keys[0] ?? '' };
  return blame(issues, sent);
}

/** Without its token an SMS account is none. */
function withWholeAccount(values: Values): Values {
  const isGone = values.TWILIOToken === '' && !values.TWILIOAccountSid && !values.TWILIOPhoneNumber;
  return isGone ? { ...values, TWILIOAccountSid: '', TWILIOPhoneNumber: '' } : values;
}

/** What `updateAppSetting` asks for. Throws `refused` when a value is missing. */
export function settingChange(input: Values & { setting: SettingCall }): SettingsChange {
  const rows = SETTINGS.filter(([, { setting }]) => setting === input.setting);
  const settings = changeOf(rows.map(([name, entry]) => [entry, givenOrLeftOut(input, name, entry)]));
  const keepsAccount = input.setting === 'twoFactorVerification' && input.twoFactorVerification !== 'phone';
  return keepsAccount ? { ...settings, twilio: undefined } : settings;
}

function givenOrLeftOut(input: Values, name: SettingName, entry: Entry): unknown {
  const value = given(input, name, entry);
  switch (entry.leftOut) {
    case 'kept':
      return value;
    case 'reset':
      return value ?? ('initial' in entry ? entry.initial : null);
    case 'cleared':
      if (typeof value === 'string' && value.split(',').every((id) => id.trim() === '')) {
        throw new HostError('refused', { because: { reason: 'missing', field: name } });
      }
      return value ?? null;
    case undefined:
      if (value === undefined) throw refused(`${name} is missing`, { reason: 'missing', field: name });
      return value;
  }
}

/** What `update` asks for. */
export function updateChange(input: z.infer<z.ZodObject<typeof updateInput>>): SettingsChange {
  return {
    ...changeOf(SETTINGS.map(([name, entry]) => [entry, given(input, name, entry)])),
    name: input.name || undefined,
    metaData: input.metaData || undefined,
    metaDataInvite: input.metaDataInvite || undefined,
  };
}

function given(input: Values, name: SettingName, { alias }: Entry): unknown {
  return input[name] ?? (alias && input[alias as SettingAlias]);
}

function changeOf(values: [Entry, unknown][]): SettingsChange {
  return fieldsOf(values.map(([entry, value]) => [entry, clears(entry, value) ? null : value]));
}

function clears(entry: Entry, value: unknown): boolean {
  switch ('clearedBy' in entry ? entry.clearedBy : undefined) {
    case 'emptyText':
      return value === '';
    case 'zero':
      return value === 0;
    case 'emptyList':
      return Array.isArray(value) && value.length === 0;
    case undefined:
      return false;
  }
}
