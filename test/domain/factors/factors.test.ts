import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FACTOR_NAMES } from '../../../server/model/factor.ts';

const MESSAGES = fileURLToPath(new URL('../../../templates/messages', import.meta.url));

describe('second factors', () => {
  it('tells the owner in every language that one was switched on or off', () => {
    const texts = globSync('*/factorChanged.hbs', { cwd: MESSAGES });
    assert.equal(texts.length, 6);
    const untold = texts.flatMap((file) => {
      const text = readFileSync(`${MESSAGES}/${file}`, 'utf8');
      return FACTOR_NAMES.flatMap((name) => [`${name}On`, `${name}Off`])
        .filter((sentence) => !new RegExp(`^${sentence}: \\S`, 'm').test(text))
        .map((sentence) => `${file}: ${sentence}`);
    });
    assert.deepEqual(untold, []);
  });
});
