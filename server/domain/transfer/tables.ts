import type { App } from '../../model/app.ts';
import type { Asset } from '../../model/asset.ts';
import type { Invite } from '../../model/invite.ts';
import type { Signup } from '../../model/signup.ts';
import type { Template } from '../../model/template.ts';
import type { User } from '../../model/user.ts';
import { forSpreadsheet } from '../../tools/spreadsheet.ts';
import { APP_COLUMNS } from './app-columns.ts';
import { ASSET_COLUMNS } from './asset-columns.ts';
import type { Column } from './columns.ts';
import { INVITE_COLUMNS, SIGNUP_COLUMNS, TEMPLATE_COLUMNS, USER_COLUMNS } from './record-columns.ts';

const APP_FILE = 'app-collection.csv';

export interface TransferTable<T> {
  file: string;
  columns: readonly Pick<Column<T, never>, 'name' | 'secret' | 'write'>[];
}

/**
 * How an export is written. `spreadsheet`: no cell is a formula, and the app's row says so in a column of
 * that name, for an import.
 */
export interface ExportOptions {
  withSecrets: boolean;
  spreadsheet: boolean;
}
/** The app's column that says how all five tables were written; only there when it says something. */
export const SPREADSHEET = 'spreadsheet';

/** The column names of a table. */
export function headerOf<T>(table: TransferTable<T>, { spreadsheet }: ExportOptions): string[] {
  const names = table.columns.map(({ name }) => name);
  return spreadsheet && table.file === APP_FILE ? [...names, SPREADSHEET] : names;
}

/** The row of a record. */
export function rowOf<T>(table: TransferTable<T>, record: T, options: ExportOptions): string[] {
  const cells = table.columns.map(({ write, secret }) =>
    secret && !options.withSecrets ? '' : write(record),
  );
  if (!options.spreadsheet) return cells;
  const safe = cells.map(forSpreadsheet);
  return table.file === APP_FILE ? [...safe, 'true'] : safe;
}

export const APP_TABLE: TransferTable<App> = { file: APP_FILE, columns: APP_COLUMNS };
export const USER_TABLE: TransferTable<User> = { file: 'user-collection.csv', columns: USER_COLUMNS };
export const SIGNUP_TABLE: TransferTable<Signup> = { file: 'signup-collection.csv', columns: SIGNUP_COLUMNS };
export const INVITE_TABLE: TransferTable<Invite> = { file: 'invite-collection.csv', columns: INVITE_COLUMNS };
export const TEMPLATE_TABLE: TransferTable<Template> = {
  file: 'email-template-collection.csv',
  columns: TEMPLATE_COLUMNS,
};

/** Only where the app has files of users; an import makes nothing of it. */
export const ASSET_TABLE: TransferTable<Asset> = { file: 'asset-collection.csv', columns: ASSET_COLUMNS };

/** The five files of an app's export, all required in an import. */
export const TRANSFER_FILES = [APP_TABLE, USER_TABLE, SIGNUP_TABLE, INVITE_TABLE, TEMPLATE_TABLE].map(
  ({ file }) => file,
);
