import assert from 'node:assert/strict';
import { REASONS } from '../../server/model/errors.ts';

/** What a refusal of today's clients is made of. */
const OLD_MEMBERS: readonly string[] = ['code', 'message', 'status'];
const NEW_MEMBERS: readonly string[] = [
  'reason',
  'field',
  'path',
  'wanted',
  'unmet',
  'current',
  'retryAfter',
];
/**
 * Codes that are told because of an account, an app, a code or an invitation: they never say more (additions
 * §1.1).
 */
const BARE = [401, 402, 404, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 500, 601, 603, 605];
const ALSO_BARE = [606, 608, 610, 611, 612, 613];

interface Because {
  reason: string;
  field?: string;
  [member: string]: unknown;
}

/**
 * The members of a refusal that clients have always read, and what it says beside them; asserts that the
 * latter keeps to the words and members of additions §1.1, and is absent where the code must not tell more.
 */
export function split(body: Record<string, unknown>): {
  old: Record<string, unknown>;
  because: Because | undefined;
} {
  const about = JSON.stringify(body);
  const members = Object.entries(body);
  const old = Object.fromEntries(members.filter(([name]) => OLD_MEMBERS.includes(name)));
  const added = Object.fromEntries(members.filter(([name]) => !OLD_MEMBERS.includes(name)));
  const { retryAfter, ...others } = added;
  // What ends by itself says when (additions §1.4).
  if ([429, 503].includes(Number(old.code))) assert.ok(Number.isInteger(retryAfter), about);
  if (Object.keys(others).length === 0) return { old, because: undefined };
  assert.ok(
    REASONS.some((reason) => reason === added.reason),
    about,
  );
  assert.deepEqual(
    Object.keys(added).filter((name) => !NEW_MEMBERS.includes(name)),
    [],
    about,
  );
  // A token of another kind is the caller's mistake even under the code of a wrong secret.
  const misplaced = added.reason === 'wrong_credential';
  assert.ok(misplaced || ![...BARE, ...ALSO_BARE].includes(Number(old.code)), about);
  return { old, because: added as Because };
}
