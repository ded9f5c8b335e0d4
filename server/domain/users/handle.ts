import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import { mappedAddress, readableAddress } from '../../model/mail-address.ts';
import { isAnonymous, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { parsePhone, requireReachable } from './phone-number.ts';

const HANDLE_MAX = 254;
/**
 * Longer than the longest handle allows for the blanks around it. Nothing longer is normalised: that work
 * grows with the text.
 */
const TYPED_MAX = 320;
const UNFIT = /[\p{Cc}\uFFFD]/u;

/**
 * The handle of somebody who joins: an e-mail address, trimmed and lower-cased (contract A3, A26), its domain
 * as the mailer maps it, so that one mailbox is one handle; or in a phone app a number in E.164. A blank
 * inside an address was a plus before a client forgot to escape it (C2). Throws `invalid_data`.
 */
export function parseHandle(app: App, text: string): string {
  requireTypable(text);
  if (app.handleType === 'phone') return requireReachable(app, parsePhone(text));
  const name = normalise(text);
  const handle = mappedAddress(name);
  if ((handle ?? name).length > HANDLE_MAX) throw tooLong();
  if (handle === undefined) throw invalidHandle();
  return handle;
}

/**
 * What somebody typed to log in, normalised as handles are; nothing is refused but what no handle can hold
 * (`invalid_data`). Normalising twice changes nothing.
 */
export function loginName(app: App, text: string): string {
  requireTypable(text);
  const name = normalise(text);
  if (app.handleType !== 'phone') return mappedAddress(name) ?? name;
  if (!/\p{Nd}/u.test(name)) return name;
  try {
    return parsePhone(name);
  } catch {
    return name;
  }
}

/**
 * Every spelling a row of that handle may be stored under: the one of today first, then those of before
 * domains were mapped. One for nearly every text. Throws `invalid_data` as `loginName` does.
 */
export function handleSpellings(app: App, text: string): readonly string[] {
  const name = loginName(app, text);
  if (app.handleType === 'phone' || !name.includes('@')) return [name];
  return [...new Set([name, normalise(text), readableAddress(name)])];
}

/**
 * The user who has that handle, in whatever spelling it was stored. Throws `invalid_data` as `loginName`
 * does.
 */
export async function findHolder(
  deps: Pick<Deps, 'store'>,
  app: App,
  text: string,
): Promise<User | undefined> {
  return findSpelled(app, text, (spelling) => deps.store.users.findByHandle(app.id, spelling));
}

/** What `find` answers for the first spelling under which there is something. */
export async function findSpelled<T>(
  app: App,
  text: string,
  find: (spelling: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const spelling of handleSpellings(app, text)) {
    const found = await find(spelling);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Throws `user_names_disabled` for what can only be a user name while the app has none (contract 606). */
export function requireLoginName(app: App, name: string): void {
  if (app.handleType === 'phone' || app.userNamesEnabled || name.includes('@')) return;
  throw new HostError('user_names_disabled');
}

/**
 * The user somebody means by what was typed: a handle goes before a user name (contract S15). Throws
 * `user_names_disabled` and `invalid_data`.
 */
export async function findByLoginName(
  deps: Pick<Deps, 'store'>,
  app: App,
  text: string,
): Promise<User | undefined> {
  const name = loginName(app, text);
  requireLoginName(app, name);
  const user = await findHolder(deps, app, text);
  if (user || !app.userNamesEnabled) return user;
  return deps.store.users.findByUserName(app.id, name);
}

/**
 * A user name: 3 to 32 letters and digits, a letter first, lower case (contract S15). Throws `invalid_data`.
 */
export function parseUserName(text: string): string {
  const userName = text.trim().toLowerCase();
  if (!/^[a-z][a-z0-9]{2,31}$/.test(userName)) {
    throw new HostError('invalid_data', { because: { reason: 'invalid_user_name', field: 'userName' } });
  }
  return userName;
}

/** Whether mail can be sent to a handle; else it is a phone number or an anonymous id. */
export function isEmail(handle: string): boolean {
  return handle.includes('@') && !isAnonymous(handle);
}

function normalise(text: string): string {
  const name = text.trim().toLowerCase().normalize('NFC');
  requireFitText(name);
  return name.includes('@') ? name.replaceAll(' ', '+') : name;
}

/**
 * Control characters, lone surrogates and U+FFFD are refused in identifiers: stores turn a lone surrogate
 * into U+FFFD, so that two handles could meet. Throws `invalid_data`.
 */
export function requireFitText(text: string): void {
  if (UNFIT.test(text) || !text.isWellFormed()) throw invalidHandle();
}

function requireTypable(text: string): void {
  if (text.length > TYPED_MAX) throw tooLong();
}

function tooLong(): HostError {
  return new HostError('invalid_data', { because: { reason: 'too_long', field: 'handle' } });
}

function invalidHandle(): HostError {
  return new HostError('invalid_data', { because: { reason: 'invalid_handle', field: 'handle' } });
}
