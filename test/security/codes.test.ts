import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createCodes } from '../../server/security/codes.ts';

const codes = createCodes({ key: Buffer.alloc(32, 7) });
const APP_ID = 'a'.repeat(32);

describe('codes', () => {
  it('are six digits from 100000 to 999999, evenly spread', () => {
    const drawn = Array.from({ length: 18_000 }, () => codes.newCode());
    const perFirstDigit = new Map<string, number>();
    for (const code of drawn) {
      assert.match(code, /^[1-9][0-9]{5}$/);
      perFirstDigit.set(code.charAt(0), (perFirstDigit.get(code.charAt(0)) ?? 0) + 1);
    }
    assert.equal(perFirstDigit.size, 9);
    // 2,000 expected; 7 standard deviations either way.
    for (const count of perFirstDigit.values()) assert.ok(count > 1700 && count < 2300, String(count));
  });

  it('in links are 39 digits, recovery codes ten, and none repeats', () => {
    const links = Array.from({ length: 2000 }, () => codes.newLinkCode());
    for (const code of links) assert.match(code, /^[1-9][0-9]{38}$/);
    assert.equal(new Set(links).size, links.length);
    for (let n = 0; n < 200; n++) assert.match(codes.newRecoveryCode(), /^[0-9]{10}$/);
  });

  it('in links use every digit at every place but the first', () => {
    const links = Array.from({ length: 2000 }, () => codes.newLinkCode());
    for (let place = 1; place < 39; place++) {
      assert.equal(new Set(links.map((code) => code[place])).size, 10, `place ${place}`);
    }
  });
});

describe('ids', () => {
  it('of rows sort in the order in which they were made, within a second too', () => {
    const now = Date.UTC(2026, 0, 15);
    const ids = Array.from({ length: 1000 }, (_, n) => codes.newRowId(now + n * 20));
    for (const id of ids) assert.match(id, /^[0-9a-f]{24}$/);
    assert.deepEqual(ids.toSorted(), ids);
    assert.equal(new Set(ids).size, 1000);
  });

  it('of rows made by two processes differ', () => {
    const now = Date.UTC(2026, 0, 15);
    const other = createCodes({ key: Buffer.alloc(32) });
    const makers = [codes, other].map((one) => one.newRowId(now).slice(8, 18));
    assert.notEqual(makers[0], makers[1]);
  });

  it('else are 32 random hex digits', () => {
    assert.match(codes.newId(), /^[0-9a-f]{32}$/);
    assert.notEqual(codes.newId(), codes.newId());
  });
});

describe('a stored code', () => {
  const where = { purpose: 'signup', appId: APP_ID, subject: 'row1' } as const;

  it('holds a digest, not the code, and knows its end and what it is bound to', () => {
    const stored = codes.stored({ ...where, code: '123456', expiresAt: 99, boundTo: 'jti' });
    assert.deepEqual(Object.keys(stored).sort(), ['boundTo', 'digest', 'expiresAt', 'id']);
    assert.ok(!JSON.stringify(stored).includes('123456'));
    assert.deepEqual([stored.expiresAt, stored.boundTo], [99, 'jti']);
    assert.ok(!('boundTo' in codes.stored({ ...where, code: '123456', expiresAt: 99 })));
  });

  it('has an id of its own each time', () => {
    const ids = [1, 2].map(() => codes.stored({ ...where, code: '123456', expiresAt: 99 }).id);
    assert.notEqual(ids[0], ids[1]);
  });

  it('matches for its purpose, app and subject only', () => {
    const digest = codes.digest('reset', APP_ID, 'user1', '123456');
    assert.equal(codes.matches('reset', APP_ID, 'user1', '123456', digest), true);
    assert.equal(codes.matches('phone', APP_ID, 'user1', '123456', digest), false);
    assert.equal(codes.matches('reset', 'b'.repeat(32), 'user1', '123456', digest), false);
    assert.equal(codes.matches('reset', APP_ID, 'user2', '123456', digest), false);
    assert.equal(codes.matches('reset', APP_ID, 'user1', '123457', digest), false);
    assert.equal(codes.matches('reset', APP_ID, 'user11', '23456', digest), false);
  });

  it('is worthless under another key', () => {
    const digest = createCodes({ key: Buffer.alloc(32, 8) }).digest('reset', APP_ID, 'user1', '123456');
    assert.equal(codes.matches('reset', APP_ID, 'user1', '123456', digest), false);
  });

  it('never matches a text that is no digest', () => {
    for (const digest of ['', '123456', 'ä'.repeat(43)]) {
      assert.equal(codes.matches('reset', APP_ID, 'user1', '123456', digest), false);
    }
  });
});
