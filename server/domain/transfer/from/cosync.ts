import { APP_TABLE, INVITE_TABLE, SPREADSHEET, TRANSFER_FILES, USER_TABLE } from '../tables.ts';
import { textOf } from './fields.ts';
import type { Source } from './moved-user.ts';

/** An export of this host or of the old one: its people and invitations, not its settings and texts. */
export const cosync: Source = {
  list: '',
  archive: {
    names: TRANSFER_FILES,
    tables: [USER_TABLE.file, INVITE_TABLE.file],
    spreadsheet: { table: APP_TABLE.file, column: SPREADSHEET },
  },
  idOf: (fields) => textOf(fields, 'uid') ?? textOf(fields, 'handle')?.toLowerCase(),
};
