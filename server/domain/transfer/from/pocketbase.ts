import { flagOf, selfDescribed, textOf, timeOf } from './fields.ts';
import type { Source } from './moved-user.ts';

/** Its database file: the collection of people named `users`, else the first. */
export const pocketbase: Source = {
  list: 'items',
  sqlite: true,
  idOf: (fields) => textOf(fields, 'id'),
  read: (id, fields) => ({
    id,
    email: textOf(fields, 'email'),
    emailVerified: flagOf(fields, 'verified'),
    password: selfDescribed(textOf(fields, 'password', 'passwordHash')),
    disabled: false,
    createdAt: timeOf(fields, 'created'),
  }),
};
