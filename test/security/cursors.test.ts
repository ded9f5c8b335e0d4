import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { HostError } from '../../server/model/errors.ts';
import { createCursors } from '../../server/security/cursors.ts';
import { createFieldCipher } from '../../server/security/sealing.ts';

const LIST = { list: 'users', appId: 'a'.repeat(32), filter: { status: 'active', sort: '-created' } };
const PLACE = [1_700_000_000_000, 'f'.repeat(24)] as const;

function isRefusal(error: unknown): boolean {
  return (
    error instanceof HostError &&
    error.error === 'refused' &&
    error.because?.reason === 'unknown_value' &&
    error.because.field === 'after'
  );
}

describe('cursors', () => {
  const key = randomBytes(32);
  const cursors = createCursors(createFieldCipher(key));
  const cursor = cursors.seal(LIST, PLACE);

  it('lead back to the place in the same list, also of another process with the key', () => {
    assert.deepEqual(createCursors(createFieldCipher(key)).open(LIST, cursor), PLACE);
  });

  it('do not depend on the order in which a filter was put together, nor on members left out', () => {
    const same = { ...LIST, filter: { search: undefined, sort: '-created', status: 'active' } };
    assert.deepEqual(cursors.open(same, cursor), PLACE);
  });

  it('can be put into an address as they are and tell nothing', () => {
    assert.match(cursor, /^[\w.-]+$/);
    assert.ok(!Buffer.from(cursor, 'base64url').includes('fff'));
  });

  const others = {
    'another list': { ...LIST, list: 'signups' },
    'another app': { ...LIST, appId: 'b'.repeat(32) },
    'no app': { list: LIST.list, filter: LIST.filter },
    'another filter': { ...LIST, filter: { ...LIST.filter, status: 'suspend' } },
    'another sort': { ...LIST, filter: { ...LIST.filter, sort: 'created' } },
    'one filter more': { ...LIST, filter: { ...LIST.filter, locale: 'EN' } },
    'no filter': { list: LIST.list, appId: LIST.appId },
  };
  for (const [what, name] of Object.entries(others)) {
    it(`are refused in ${what}`, () => assert.throws(() => cursors.open(name, cursor), isRefusal));
  }

  it('are refused when they were changed, cut, made up or made with another key', () => {
    const bytes = Buffer.from(cursor.slice(3), 'base64url');
    const changed = [...bytes.keys()].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return `v1.${copy.toString('base64url')}`;
    });
    const foreign = createCursors(createFieldCipher(randomBytes(32))).seal(LIST, PLACE);
    const madeUp = ['x', 'v1.', cursor.slice(0, -2), `${cursor}A`, ` ${cursor}`, '../../etc', foreign];
    for (const text of [...changed, ...madeUp])
      assert.throws(() => cursors.open(LIST, text), isRefusal, text);
  });
});
