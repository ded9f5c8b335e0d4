import type { App } from '../../model/app.ts';
import { isStorageEndpoint, isTypeList } from '../../model/asset.ts';
import { ADDRESS_LENGTH, isAppAddress, isColour, isWebAddress } from '../../model/brand.ts';
import { isPlainLine } from '../../model/portal-limits.ts';
import type { Entry } from '../apps/setting-entry.ts';
import { SETTINGS } from '../apps/setting-table.ts';
import { fieldsOf, keptIn, type WholeSettings } from '../apps/setting-values.ts';
import { isCountry } from '../users/phone-number.ts';
import { CellError, type Cells, cellOf, LIST_MAX } from './cells.ts';

/** A column for each setting of an app. They are read together: see `importedSettings`. */
export const SETTING_COLUMNS = SETTINGS.map(([name, entry]) => ({
  name: name as string,
  secret: entry.secret === true,
  write: (app: App) => cellOf(keptIn(app, entry)),
  read: () => ({}),
}));

/**
 * The settings of an app that is moved in; a column that the file lacks means what the old host did. Throws
 * `CellError`.
 */
export function importedSettings(cells: Cells): WholeSettings {
  const values = SETTINGS.map(([name, entry]) => [entry, readSetting(cells, name, entry)] as const);
  const { twilio, ...settings } = fieldsOf(values) as WholeSettings;
  const { accountSid, token, phoneNumber } = twilio ?? {};
  return { ...settings, ...(accountSid && token && phoneNumber && { twilio }) };
}

function readSetting(cells: Cells, name: string, entry: Entry): unknown {
  const { kind } = entry;
  const missing = 'oldExport' in entry ? entry.oldExport : undefined;
  const clearedBy = 'clearedBy' in entry ? entry.clearedBy : undefined;
  switch (kind.kind) {
    case 'flag':
      return cells.boolean(name, missing === true);
    case 'choice':
      return cells.choice(name, kind.of as readonly string[], String(missing));
    case 'line':
      return cells.line(name, kind.length) ?? missing;
    case 'mailAddress':
      return cells.mailAddress(name) ?? missing;
    case 'appAddress':
      return textOf(cells, name, isAppAddress);
    case 'webAddress':
      return textOf(cells, name, isWebAddress);
    case 'colour':
      return textOf(cells, name, isColour)?.toLowerCase();
    case 'endpoint':
      return textOf(cells, name, isStorageEndpoint);
    case 'mediaTypes':
      return textOf(cells, name, isTypeList) ?? missing;
    case 'count': {
      const count = Math.max(kind.min ?? 0, cells.integer(name, Number(missing ?? 0)));
      return count === 0 && clearedBy === 'zero' ? undefined : count;
    }
    case 'hours':
      return hoursOf(cells, name, { fallback: Number(missing ?? 0), max: kind.max });
    case 'audiences':
      return cells.text(name, LIST_MAX) === undefined
        ? structuredClone(missing)
        : audiencesOf(cells, name, kind);
    case 'countries': {
      if (cells.text(name, LIST_MAX) === undefined) return structuredClone(missing);
      const countries = countriesOf(cells, name);
      return countries.length === 0 && clearedBy === 'emptyList' ? undefined : countries;
    }
  }
}

function textOf(cells: Cells, name: string, isOne: (text: string) => boolean): string | undefined {
  const text = cells.text(name, ADDRESS_LENGTH);
  if (text !== undefined && !isOne(text)) throw new CellError(`${name} cannot be used`);
  return text;
}

function hoursOf(cells: Cells, name: string, { fallback, max }: { fallback: number; max: number }): number {
  const hours = cells.number(name, fallback);
  if (hours <= 0 || hours > max) throw new CellError(`${name} is not between 0 and ${max} hours`);
  return hours;
}

function audiencesOf(cells: Cells, name: string, { max, length }: { max: number; length: number }): string[] {
  const audiences = cells.texts(name);
  const fit = audiences.every((audience) => audience.length <= length && isPlainLine(audience));
  if (!fit || audiences.length > max) throw new CellError(`${name} is no list of audiences`);
  return audiences;
}

function countriesOf(cells: Cells, name: string): string[] {
  const countries = [...new Set(cells.texts(name).map((code) => code.toUpperCase()))];
  const unknown = countries.find((code) => !isCountry(code));
  if (unknown) throw new CellError(`${name} holds the unknown code ${unknown.slice(0, 8)}`);
  return countries;
}
