import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isHostError } from '../../server/model/errors.ts';
import { parseJsonText } from '../../server/tools/json-text.ts';

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const wide = (keys: number) =>
  `{${Array.from({ length: keys }, (_, index) => `"k${index}":{"x":1}`).join(',')}}`;
const refuses = (text: string) =>
  assert.throws(
    () => parseJsonText(text),
    (error) => isHostError(error, 'malformed_request'),
  );

describe('JSON from outside', () => {
  it('may be 8 levels deep, not 9', () => {
    assert.ok(parseJsonText(nested(8)));
    refuses(nested(9));
    refuses('['.repeat(50_000));
  });

  it('may have 64 members an object, not 65', () => {
    assert.equal(Object.keys(parseJsonText(wide(64)) as object).length, 64);
    refuses(wide(65));
  });

  it('counts nothing inside texts', () => {
    const value = { a: `${'{['.repeat(100)}\\"${':'.repeat(200)}` };
    assert.deepEqual(parseJsonText(JSON.stringify(value)), value);
  });

  it('counts neither list elements nor siblings', () => {
    const list = Array.from({ length: 500 }, (_, index) => ({ a: index, b: [index] }));
    assert.deepEqual(parseJsonText(JSON.stringify(list)), list);
  });

  it('refuses what is no JSON', () => {
    for (const text of ['', '{', '{"a":}', '"open', '"\\', 'undefined', '{}{}', "{'a':1}"]) refuses(text);
  });
});
