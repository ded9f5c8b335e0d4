import { flagOf, textOf } from './fields.ts';
import type { Source } from './moved-user.ts';

/** Its CSV. No password ever leaves it: everybody chooses a new one. */
export const cognito: Source = {
  list: 'Users',
  idOf: (fields) => textOf(fields, 'sub', 'cognito:username', 'Username'),
  read: (id, fields) => ({
    id,
    email: textOf(fields, 'email'),
    emailVerified: flagOf(fields, 'email_verified'),
    phone: textOf(fields, 'phone_number'),
    phoneVerified: flagOf(fields, 'phone_number_verified'),
    disabled: false,
    otherFactors: flagOf(fields, 'cognito:mfa_enabled') ? 1 : 0,
  }),
};
