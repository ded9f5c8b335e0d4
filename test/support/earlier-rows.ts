import type { App } from '../../server/model/app.ts';
import type { User } from '../../server/model/user.ts';
import type { FieldCipher } from '../../server/ports/security/sealing.ts';
import { APP_FIELDS } from '../../server/store/apps.ts';
import { type SealedFields, Sealer } from '../../server/store/sealed.ts';
import { HOST_SCOPE } from '../../server/store/tables.ts';
import { USER_FIELDS } from '../../server/store/users.ts';
import type { RawDoc } from './raw-stage.ts';

/** The document of a user as earlier versions wrote it: what decides stands in the clear. */
export function earlierUserDoc(
  cipher: FieldCipher,
  { revision: _, createdAt: __, lastLogin: ___, ...user }: User,
): RawDoc {
  const { id, appId, ...fields } = user;
  return earlier('users', USER_FIELDS, cipher).seal({ id, appId }, fields);
}

/** The same of an app. */
export function earlierAppDoc(cipher: FieldCipher, { revision: _, createdAt: __, ...app }: App): RawDoc {
  const { id, ...fields } = app;
  return earlier('apps', APP_FIELDS, cipher).seal({ id, appId: HOST_SCOPE }, fields);
}

function earlier<T extends object>(
  table: 'users' | 'apps',
  { secret, personal }: SealedFields<T>,
  cipher: FieldCipher,
): Sealer<T> {
  return new Sealer<T>(table, { secret, personal }, { cipher, encryptUserData: true });
}
