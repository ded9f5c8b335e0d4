import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { requireNewPassword } from '../../../server/domain/users/password-rules.ts';
import type { App } from '../../../server/model/app.ts';
import { HostError, isHostError } from '../../../server/model/errors.ts';
import {
  COMMON_PASSWORDS_FILE,
  commonPasswords,
  commonPasswordsFile,
} from '../../support/common-passwords.ts';
import { anApp } from '../../support/records.ts';

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const invalid = (error: unknown) => isHostError(error, 'invalid_data');
const requireMd5 = (app: App, md5: string) => requireNewPassword(app, { md5, field: 'password' });
const strict = anApp({ refuseCommonPasswords: true });

describe('a new password', () => {
  it('is 32 hex digits, in either case', () => {
    const lax = anApp({ refuseCommonPasswords: false });
    requireMd5(lax, md5('password'));
    requireMd5(lax, md5('password').toUpperCase());
    for (const text of ['password', md5('x').slice(1), `${md5('x')}0`, `${md5('x')}\n`, 'g'.repeat(32), '']) {
      assert.throws(() => requireMd5(lax, text), invalid, JSON.stringify(text));
    }
  });

  it('is none of the 10,000 commonest while the app refuses those', () => {
    for (const password of commonPasswords()) {
      assert.throws(() => requireMd5(strict, md5(password)), invalid);
    }
    assert.throws(() => requireMd5(strict, md5('password').toUpperCase()), invalid);
    for (const text of ['0'.repeat(32), 'f'.repeat(32)]) requireMd5(strict, text);
    requireMd5(strict, md5('correct horse battery staple 7'));
  });

  it('is compared with a file made from the list as it is installed', () => {
    assert.deepEqual(readFileSync(COMMON_PASSWORDS_FILE), commonPasswordsFile());
  });

  describe('that is known as typed', () => {
    const rules = { minLength: 6, minUpper: 1, minLower: 2, minDigit: 2, minSpecial: 1 };
    const filtering = anApp({ passwordFilter: true, passwordRules: rules, refuseCommonPasswords: true });
    /** The rules it breaks; another word where it is refused for that. */
    const verdict = (app: App, text: string) => {
      try {
        requireNewPassword(app, { md5: md5(text), text, field: 'passwordText' });
        return [];
      } catch (error) {
        assert.ok(error instanceof HostError && error.error === 'invalid_data');
        assert.equal(error.because?.field, 'passwordText');
        return error.because?.reason === 'password_rules' ? error.because.unmet : error.because?.reason;
      }
    };

    it('keeps every rule of the app’s filter', () => {
      const cases: [text: string, unmet: readonly string[] | string][] = [
        ['Ab1c2!', []],
        ['Ab1c!', ['length', 'digit']],
        ['ab1c2!', ['upper']],
        ['AB1C2!', ['lower']],
        ['Abcde!', ['digit']],
        ['Ab1c2d', ['special']],
        [' ', ['length', 'upper', 'lower', 'digit', 'special']],
        // Letter case is Unicode's, in any script; digits are those of ASCII.
        ['Äöü12!', []],
        ['Яяя12!', []],
        ['Ab١c٢!', ['digit']],
        // Characters count, not the units of a string.
        ['A😀bc1!', ['digit']],
        ['Abc12😀', ['special']],
        // A blank is nothing but length, and so is a special character of somewhere else.
        ['Abc12 ', ['special']],
        ['Abc12&', ['special']],
        ['Abc12*', ['special']],
        ['password', 'common_password'],
      ];
      for (const [text, unmet] of cases) assert.deepEqual(verdict(filtering, text), unmet, text);
    });

    it('finds each special character of the contract special (§9)', () => {
      const app = anApp({
        passwordFilter: true,
        passwordRules: { minLength: 0, minUpper: 0, minLower: 0, minDigit: 0, minSpecial: 1 },
      });
      for (const character of "@%+\\/'!#$^?:()[]~`-_.,") {
        assert.deepEqual(verdict(app, `Qx7${character}`), [], character);
      }
    });

    it('may be anything while the filter is off', () => {
      assert.deepEqual(verdict(anApp({ passwordFilter: false, passwordRules: rules }), 'q z'), []);
    });
  });
});
