import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  earlyEndOf,
  type NamedToken,
  withoutSession,
  withoutSessions,
  withRenewal,
} from '../../../server/domain/users/renewed-sessions.ts';
import type { User } from '../../../server/model/user.ts';
import { aUser, MADE_AT } from '../../support/records.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The token of a log-in. */
function login(sid: string, authTime = MADE_AT): NamedToken {
  return { sid, jti: sid, number: 0, authTime, expiresAt: authTime + 30 * DAY };
}
function renew(user: User, token: NamedToken, now: number): { user: User; token: NamedToken } {
  const expiresAt = now + 30 * DAY;
  const renewed = withRenewal(user, token, { now, expiresAt });
  assert.ok(renewed);
  const { sid, authTime } = token;
  return {
    user: renewed.user,
    token: { sid, jti: `${sid}-${renewed.number}`, number: renewed.number, authTime, expiresAt },
  };
}

describe('renewed sessions of a user', () => {
  it('cost nothing until there is one', () => {
    const user = aUser();
    assert.equal(earlyEndOf(user, login('a'), MADE_AT), undefined);
    assert.equal(user.sessions, undefined);
  });

  it('are named alone in what the store keeps', () => {
    const { user } = renew(aUser(), login('a'), MADE_AT);
    assert.deepEqual(user.sessions, [
      {
        sid: 'a',
        last: 1,
        authTime: MADE_AT,
        firstEndsAt: MADE_AT + 30 * DAY,
        renewedAt: MADE_AT,
        tokens: [
          { number: 0, expiresAt: MADE_AT + 30 * DAY, renewedAt: MADE_AT, successors: 1 },
          { number: 1, expiresAt: MADE_AT + 30 * DAY },
        ],
      },
    ]);
  });

  it('do not grow with renewals, one after the other or all at once', () => {
    let slow = { user: aUser(), token: login('a') };
    for (let n = 0; n < 500; n++) slow = renew(slow.user, slow.token, MADE_AT + n * HOUR);
    assert.equal(slow.user.sessions?.[0]?.tokens.length, 2);

    let user = aUser();
    const tokens = [login('a')];
    for (let n = 0; n < 200; n++) {
      const next = renew(user, tokens[Math.floor(n / 5)] ?? login('a'), MADE_AT);
      user = next.user;
      tokens.push(next.token);
      assert.ok((user.sessions?.[0]?.tokens.length ?? 0) <= 32);
      // What is made counts, whatever it costs others.
      assert.equal(earlyEndOf(user, next.token, MADE_AT), undefined);
      if (tokens.length > 33) break;
    }
    assert.equal(earlyEndOf(user, login('a'), MADE_AT), 'renewed', 'the first makes room');
  });

  it('never let a log-in’s own token count again, whatever was forgotten since', () => {
    let user = aUser();
    const old: NamedToken[] = [];
    for (let n = 0; n < 500; n++) {
      const now = MADE_AT + n * HOUR;
      const token = login(`s${n}`, now);
      old.push(token);
      user = renew(user, token, now).user;
    }
    const later = MADE_AT + 500 * HOUR;
    assert.equal(user.sessions?.length, 50);
    assert.ok(user.revokedTokens.length <= 100, `${user.revokedTokens.length} remembered`);
    for (const token of old) assert.ok(earlyEndOf(user, token, later), token.sid);
    assert.equal(earlyEndOf(user, login('new', later), later), undefined, 'who logs in now is in');
    assert.ok(withoutSession(user, login('new', later), later), 'and can be logged out alone');
  });

  it('bring nothing back when the clock is set back', () => {
    const first = login('a');
    const { user } = renew(aUser(), first, MADE_AT);
    assert.equal(earlyEndOf(user, first, MADE_AT + 59 * SECOND), undefined);
    for (const jump of [60 * SECOND, HOUR, -HOUR, -60 * SECOND]) {
      assert.equal(earlyEndOf(user, first, MADE_AT + jump), 'renewed', `${jump}`);
    }
  });

  it('are all gone once every session ended', () => {
    const { user } = renew(aUser(), login('a'), MADE_AT);
    const { sessions, sessionsSince, revokedTokens, epoch } = withoutSessions(
      { ...user, sessionsSince: 1 },
      MADE_AT,
    );
    assert.deepEqual(
      { sessions, sessionsSince, revokedTokens },
      {
        sessions: undefined,
        sessionsSince: undefined,
        revokedTokens: [],
      },
    );
    assert.equal(epoch, user.epoch + 1);
  });

  it('end with what an earlier host wrote of one of their tokens', () => {
    const { user, token } = renew(aUser(), login('a'), MADE_AT);
    const ended = { ...user, revokedTokens: [{ jti: String(token.jti), expiresAt: token.expiresAt }] };
    assert.equal(earlyEndOf(ended, token, MADE_AT), 'ended');
  });
});
