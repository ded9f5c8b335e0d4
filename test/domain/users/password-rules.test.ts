import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { requireNewPassword } from '../../../server/domain/users/password-rules.ts';
import { isHostError } from '../../../server/model/errors.ts';
import {
  COMMON_PASSWORDS_FILE,
  commonPasswords,
  commonPasswordsFile,
} from '../../support/common-passwords.ts';
import { anApp } from '../../support/records.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const invalid = (error: unknown) => isHostError(error, 'invalid_data');
const strict = anApp({ refuseCommonPasswords: true });

describe('a new password', () => {
  it('is 32 hex digits, in either case', () => {
    const lax = anApp({ refuseCommonPasswords: false });
    requireNewPassword(lax, md5('password'));
    requireNewPassword(lax, md5('password').toUpperCase());
    for (const text of ['password', md5('x').slice(1), `${md5('x')}0`, `${md5('x')}\n`, 'g'.repeat(32), '']) {
      assert.throws(() => requireNewPassword(lax, text), invalid, JSON.stringify(text));
    }
  });

  it('is none of the 10,000 commonest while the app refuses those', () => {
    for (const password of commonPasswords()) {
      assert.throws(() => requireNewPassword(strict, md5(password)), invalid);
    }
    assert.throws(() => requireNewPassword(strict, md5('password').toUpperCase()), invalid);
    for (const text of ['0'.repeat(32), 'f'.repeat(32)]) requireNewPassword(strict, text);
    requireNewPassword(strict, md5('correct horse battery staple 7'));
  });

  it('is compared with a file made from the list as it is installed', () => {
    assert.deepEqual(readFileSync(COMMON_PASSWORDS_FILE), commonPasswordsFile());
  });
});
