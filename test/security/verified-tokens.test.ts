import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VerifiedTokens } from '../../server/security/verified-tokens.ts';

describe('remembered tokens', () => {
  it('are found until they expire, by their whole text only', () => {
    const tokens = new VerifiedTokens<{ appId: string }>(10);
    tokens.keep('a.b.c', { appId: '1' }, 1000);
    assert.deepEqual(tokens.find('a.b.c', 999), { appId: '1' });
    assert.equal(tokens.find('a.b.C', 999), undefined);
    assert.equal(tokens.find('a.b.c\n', 999), undefined);
    assert.equal(tokens.find('a.b.c', 1000), undefined);
    assert.equal(tokens.find('a.b.c', 999), undefined, 'an expired one is gone even if the clock goes back');
  });

  it('cannot be changed by whoever gets them', () => {
    const tokens = new VerifiedTokens<{ appId: string }>(10);
    tokens.keep('a.b.c', { appId: '1' }, 1000);
    assert.ok(Object.isFrozen(tokens.find('a.b.c', 0)));
  });

  it('are as many as allowed; the oldest goes first', () => {
    const tokens = new VerifiedTokens<{ n: number }>(3);
    for (let n = 0; n < 5; n++) tokens.keep(`t${n}`, { n }, 1000);
    const found = [0, 1, 2, 3, 4].map((n) => tokens.find(`t${n}`, 0)?.n);
    assert.deepEqual(found, [undefined, undefined, 2, 3, 4]);
  });
});
