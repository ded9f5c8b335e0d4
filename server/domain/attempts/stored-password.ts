import type { User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { changeUser, wasChanged } from '../users/change.ts';
import { countPassword } from '../users/password-kinds.ts';
import { lowered } from '../users/password-rules.ts';

type RenewalDeps = Pick<Deps, 'store' | 'passwords' | 'clock' | 'events'>;

/** What a client sent. */
export interface TypedPassword {
  /** The MD5 in hex. */
  password: string;
  /** What was typed, where the client sent that: some who moved in have a hash of it (additions §1.2). */
  passwordText?: string | undefined;
}

/** The MD5 alone says nothing about a hash of what was typed. */
export function isJudgeable(
  { passwords }: Pick<Deps, 'passwords'>,
  { passwordText }: TypedPassword,
  stored: string,
): boolean {
  return passwordText !== undefined || passwords.inputOf(stored) === 'md5';
}

/**
 * Accounts of before may have been made with the MD5 in upper case, as it came; today it is lowered. The MD5
 * that is right, or that belongs to the text that is; undefined when nothing matches.
 */
export async function matchingSpelling(
  { passwords }: Pick<Deps, 'passwords'>,
  { password, passwordText = password }: TypedPassword,
  stored: string,
): Promise<string | undefined> {
  if (passwords.inputOf(stored) === 'clear') {
    return (await passwords.matches(passwordText, stored)) ? lowered(password) : undefined;
  }
  for (const spelling of new Set([lowered(password), password])) {
    if (await passwords.matches(spelling, stored)) return spelling;
  }
  return undefined;
}

/**
 * Replaces an imported or weaker hash, or one of another spelling than today's, unless the password changed
 * meanwhile. The log-in does not fail because there is no time for it.
 */
export async function renewHash(
  deps: RenewalDeps,
  user: User,
  outdated: string,
  spelling: string,
): Promise<void> {
  const password = lowered(spelling);
  if (!deps.passwords.needsRehash(outdated) && spelling === password) return;
  const passwordHash = await deps.passwords.hash(password).catch(() => undefined);
  if (!passwordHash) return;
  const renewal = await changeUser(deps, user, (current) =>
    current.passwordHash === outdated ? { ...current, passwordHash } : undefined,
  );
  const isForeign = deps.passwords.inputOf(outdated) === 'clear';
  const from = isForeign ? 'foreign' : outdated.startsWith('$2') ? 'bcrypt' : 'argon2id';
  if (!wasChanged(renewal)) return;
  await countPassword(deps, { id: user.appId }, { before: outdated, after: passwordHash });
  deps.events.emit('password_rehashed', { userId: user.id, from });
}
