import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chosenLocale, requireLocale, usedLocale } from '../../../server/domain/users/locale.ts';
import { HostError } from '../../../server/model/errors.ts';
import { anApp } from '../../support/records.ts';

/** Additions §1.3. */
describe('the language of a user', () => {
  const app = anApp({ locales: ['DE', 'PT', 'HE', 'ZH'] });
  const tags: [tag: string, locale: string][] = [
    ['DE', 'DE'],
    ['de', 'DE'],
    [' de ', 'DE'],
    ['de-AT', 'DE'],
    ['DE_ch', 'DE'],
    ['pt_BR', 'PT'],
    ['pt-BR-u-ca-gregory', 'PT'],
    ['zh-Hant-TW', 'ZH'],
    // As Android and old Java write them, and with the code of three letters.
    ['zh_TW_#Hant', 'ZH'],
    ['iw', 'HE'],
    ['deu', 'DE'],
    ['ger', 'DE'],
    // Which every app has.
    ['en-US', 'EN'],
    ['eng', 'EN'],
  ];
  for (const [tag, locale] of tags) {
    it(`of ${JSON.stringify(tag)} is ${locale}`, () => {
      assert.deepEqual([chosenLocale(app, tag), requireLocale(app, tag)], [locale, locale]);
    });
  }

  it('is the first of the app for a language it has not, which only a wish to change it is refused for', () => {
    for (const tag of ['FR', 'fr-CA', 'tlh', 'x', 'i-klingon', 'deutsch', '12', '!!', 'de1', '-de', 'é']) {
      assert.equal(chosenLocale(app, tag), 'DE', tag);
      assert.throws(
        () => requireLocale(app, tag),
        (error) =>
          error instanceof HostError &&
          error.error === 'invalid_data' &&
          error.because?.reason === 'unknown_locale' &&
          error.because.field === 'locale',
        tag,
      );
    }
  });

  it('is English when none is named, or the app has dropped it', () => {
    for (const tag of [undefined, '', ' ']) assert.equal(chosenLocale(app, tag), 'EN');
    assert.equal(usedLocale(app, 'FR'), 'EN');
    assert.equal(usedLocale(app, 'PT'), 'PT');
  });
});
