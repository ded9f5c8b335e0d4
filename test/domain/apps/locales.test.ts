import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { LOCALES } from '../../../server/model/locale.ts';

describe('locales', () => {
  it('lets an app have every language the host has texts in', () => {
    const builtIn = readdirSync(new URL('../../../templates/messages/', import.meta.url)).filter((name) =>
      /^[A-Z]{2}$/.test(name),
    );
    assert.deepEqual(builtIn, ['DE', 'EN', 'ES', 'FR', 'JA', 'ZH']);
    assert.deepEqual(
      builtIn.filter((locale) => !LOCALES.has(locale)),
      [],
    );
  });
});
