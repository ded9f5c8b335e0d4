import { flagOf, listOf, objectOf, selfDescribed, socialOf, textOf, timeOf } from './fields.ts';
import type { Fields, Source } from './moved-user.ts';

/** The class `_User`, as JSON lines or as its export. */
export const parse: Source = {
  list: 'results',
  idOf: (fields) => textOf(fields, 'objectId', '_id'),
  read(id, fields) {
    const name = textOf(fields, 'username');
    const auth = objectOf(fields, 'authData') ?? {};
    return {
      id,
      email: textOf(fields, 'email') ?? (name?.includes('@') ? name : undefined),
      emailVerified: flagOf(fields, 'emailVerified'),
      password: selfDescribed(textOf(fields, '_hashed_password', 'bcryptPassword')),
      disabled: false,
      isAnonymous: objectOf(auth, 'anonymous') !== undefined,
      createdAt: timeOf(fields, 'createdAt', '_created_at'),
      social: (['apple', 'google'] as const).flatMap((provider) =>
        socialOf(provider, textOf(dataOf(fields, auth, provider), 'id')),
      ),
      otherFactors: listOf(auth, 'mfa').length,
    };
  },
};

/** Inside `authData`, or in a column of its own as the database keeps it. */
function dataOf(fields: Fields, auth: Fields, provider: string): Fields {
  return objectOf(auth, provider) ?? objectOf(fields, `_auth_data_${provider}`) ?? {};
}
