import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { passwordFault } from '../../../server/domain/operators/operator-password.ts';

const EMAIL = 'ada.lovelace@example.com';

describe("an operator's password", () => {
  it('has 12 to 1,024 characters, whatever they are', () => {
    assert.equal(passwordFault('elevenchars', EMAIL), 'tooShort');
    assert.equal(passwordFault('twelve chars', EMAIL), undefined);
    assert.equal(passwordFault('日本語の合い言葉は長い。よ', EMAIL), undefined);
    assert.equal(passwordFault(`${'ab cd ef '.repeat(113)}tail`, EMAIL), undefined);
    assert.equal(passwordFault(`${'ab cd ef '.repeat(114)}`, EMAIL), 'tooLong');
  });

  it('is no repetition and no sequence', () => {
    for (const weak of [
      ...['passwordpassword', 'PasswordPassword', '123456789012', '210987654321', 'abcdefghijkl'],
      ...['aaaaaaaaaaaa', 'abcabcabcabc', '121212121212', 'qwertyqwerty', 'qwertyqwertyqw', 'zyxwvutsrqponm'],
    ]) {
      assert.equal(passwordFault(weak, EMAIL), 'pattern', weak);
    }
  });

  it('is neither one of the commonest nor the address itself', () => {
    assert.equal(passwordFault('123qweasdzxc', EMAIL), 'common');
    assert.equal(passwordFault('Ada.Lovelace@Example.com', EMAIL), 'isEmail');
    assert.equal(passwordFault('ada.lovelace', EMAIL), 'isEmail');
  });
});
