import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeForm, decodeQuery } from '../../../server/http/frame/form.ts';

const NAMES = new Set(['handle', 'password', 'metaData', 'locale', 'senderUserId', 'phone', 'code']);
const decoded = (text: string) => ({ ...decodeForm(text, NAMES).values });

describe('form bodies of shipped clients', () => {
  it('reads what Swift sends without escaping it', () => {
    const text =
      'handle=ada%2Bnews@example.com&password=0123&metaData={"user_data":{"name":{"first":"Åsa","last":"Öberg"}}}&locale=EN';
    assert.deepEqual(decoded(text), {
      handle: 'ada+news@example.com',
      password: '0123',
      metaData: '{"user_data":{"name":{"first":"Åsa","last":"Öberg"}}}',
      locale: 'EN',
    });
  });

  it('keeps &, = and % inside metadata', () => {
    const metaData = '{"user_data":{"name":{"first":"A&B=C","last":"100% sure"}}}';
    assert.deepEqual(decoded(`metaData=${metaData}`), { metaData });
    assert.deepEqual(decoded(`handle=a@b.co&metaData=${metaData}&locale=EN`), {
      handle: 'a@b.co',
      metaData,
      locale: 'EN',
    });
  });

  it('splits inside JSON only at a parameter of the route', () => {
    assert.deepEqual(decoded('metaData={"a":"x&locale=EN'), { metaData: '{"a":"x', locale: 'EN' });
  });

  it('drops unknown parameters as it drops them from JSON', () => {
    assert.deepEqual(decoded('handle=a@b.co&appId=other&password=0123'), {
      handle: 'a@b.co',
      appId: 'other',
      password: '0123',
    });
  });

  it('keeps an ampersand that no parameter follows', () => {
    assert.deepEqual(decoded('handle=tom&jerry@example.com&code=1'), {
      handle: 'tom&jerry@example.com',
      code: '1',
    });
  });

  it('takes a bare name as absent', () => {
    assert.deepEqual(decoded('handle=a@b.co&senderUserId'), { handle: 'a@b.co' });
    assert.deepEqual(decoded('senderUserId&handle=a@b.co'), { handle: 'a@b.co' });
  });

  it('reads a plus as a blank and %2B as a plus', () => {
    assert.deepEqual(decoded('phone=+1555&handle=a%2Bb+c'), { phone: ' 1555', handle: 'a+b c' });
  });

  it('leaves bad escapes and bad UTF-8 as they are', () => {
    assert.deepEqual(decoded('handle=%zz%&code=%C3%A5%C3%28%ED%A0%80%C0%80'), {
      handle: '%zz%',
      code: 'å%C3(%ED%A0%80%C0%80',
    });
  });

  it('names a parameter that came twice', () => {
    assert.equal(decodeForm('handle=a&handle=b', NAMES).repeated, 'handle');
    assert.equal(decodeQuery('x=1&y=2&y=2').repeated, 'y');
    assert.equal(decodeForm('handle=a&code=b', NAMES).repeated, undefined);
  });

  it('makes plain members of names that mean something to JavaScript', () => {
    const { values } = decodeQuery('__proto__=1&constructor=2&toString=3&a[b]=4');
    assert.deepEqual(Object.keys(values), ['__proto__', 'constructor', 'toString', 'a[b]']);
    assert.equal(Object.getPrototypeOf(values), null);
  });

  it('reads a hostile body in linear time', () => {
    const text = `metaData={"a":"${'&b=c'.repeat(25_000)}`;
    assert.equal(decoded(text).metaData?.length, text.length - 'metaData='.length);
  });
});
