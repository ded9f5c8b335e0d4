import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  mergeMetadata,
  parseMetadata,
  requireStorable,
  valueAt,
  withoutValue,
  withValue,
} from '../../../server/domain/users/metadata.ts';
import type { MetadataField } from '../../../server/model/app.ts';
import { HostError } from '../../../server/model/errors.ts';

const field = (path: string, required = false): MetadataField => ({
  id: path,
  path,
  fieldName: path.split('.').at(-1) ?? path,
  required,
  canEdit: true,
});
const fields = [field('user_data.name.first', true), field('user_data.name.last'), field('coupon')];
const codeOf = (work: () => unknown): number => {
  try {
    work();
  } catch (error) {
    if (error instanceof HostError) return error.code;
    throw error;
  }
  return 200;
};
const first = (value: unknown) => JSON.stringify({ user_data: { name: { first: value } } });

describe('metadata', () => {
  it('keeps the configured paths, trimmed, and drops everything else', () => {
    const text = '{"user_data":{"name":{"first":" Åsa ","middle":"x"},"age":"3"},"coupon":"","sub":"root"}';
    assert.deepEqual(parseMetadata(fields, text, { onBadText: 'invalid_metadata' }), {
      user_data: { name: { first: 'Åsa' } },
      coupon: '',
    });
  });

  const refusals: [about: string, text: string | undefined, onBad: 602 | 604, code: number][] = [
    ['nothing, while a field is required', undefined, 602, 604],
    ['no JSON', '{"a":', 602, 602],
    ['no JSON, as sign-up calls it', '{"a":', 604, 604],
    ['a list', '[]', 602, 602],
    ['a bare text', '"x"', 604, 604],
    ['null', 'null', 604, 604],
    ['a required path that is absent', '{"coupon":"x"}', 602, 604],
    ['a number', first(5), 604, 604],
    ['an object where a text belongs', first({ second: 'x' }), 602, 602],
    ['a text of 1,025 characters', first('x'.repeat(1025)), 602, 604],
    ['a lone surrogate', '{"user_data":{"name":{"first":"\\ud800"}}}', 602, 604],
    ['a NUL', '{"user_data":{"name":{"first":"a\\u0000b"}}}', 602, 604],
    ['nesting of 50,000 levels', '{"a":'.repeat(50_000), 604, 604],
  ];
  for (const [about, text, onBad, code] of refusals) {
    it(`refuses ${about} with ${code}`, () => {
      const onBadText = onBad === 602 ? 'invalid_data' : 'invalid_metadata';
      assert.equal(
        codeOf(() => parseMetadata(fields, text, { onBadText })),
        code,
      );
    });
  }

  it('takes nothing, and looks at nothing, in an app without fields', () => {
    assert.deepEqual(parseMetadata([], 'no JSON', { onBadText: 'invalid_metadata' }), {});
  });

  it('refuses more than 8 KiB in all', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`f${index}`, 'x'.repeat(1000)]));
    assert.equal(
      codeOf(() => requireStorable(many)),
      604,
    );
  });

  it('never reads or writes what objects inherit', () => {
    const before = Object.keys(Object.prototype).length;
    const evil = parseMetadata([field('__proto__.polluted'), field('constructor.name')], '{"__proto__":{}}', {
      onBadText: 'invalid_metadata',
    });
    assert.deepEqual(evil, {});
    assert.equal(valueAt({}, 'constructor.name'), undefined);
    assert.equal(valueAt({}, '__proto__'), undefined);
    withValue({}, '__proto__.polluted', 'yes');
    assert.equal(({} as { polluted?: string }).polluted, undefined);
    assert.equal(Object.keys(Object.prototype).length, before);
  });

  it('sets, removes and merges copies', () => {
    const stored = Object.freeze({ a: Object.freeze({ b: '1' }), c: '2' });
    assert.deepEqual(withValue(stored, 'a.d.e', '3'), { a: { b: '1', d: { e: '3' } }, c: '2' });
    assert.deepEqual(withValue(stored, 'c.x', '3'), { a: { b: '1' }, c: { x: '3' } });
    assert.deepEqual(withoutValue(stored, 'a.b'), { c: '2' });
    assert.deepEqual(withoutValue(stored, 'a.x'), stored);
    assert.deepEqual(mergeMetadata(stored, { a: { d: '3' }, c: 'own' }), { a: { b: '1', d: '3' }, c: 'own' });
    assert.deepEqual(stored, { a: { b: '1' }, c: '2' });
  });
});
