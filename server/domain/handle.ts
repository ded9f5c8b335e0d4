import type { App } from '../model/app.ts';
import { HostError } from '../model/errors.ts';
import { isAnonymous, type User } from '../model/user.ts';
import type { Deps } from '../ports/deps.ts';
import { parsePhone } from './phone-number.ts';

const HANDLE_MAX = 254;
const UNFIT = /[\p{Cc}\uFFFD]/u;
/** No invisible characters: with one a handle would look like somebody else's. */
const LOCAL_PART = /^[^\s,;\p{Cf}]+$/u;
const DOMAIN = /^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+$/u;

/**
 * The handle of somebody who joins: an e-mail address, trimmed and lower-cased (contract A3, A26), or in a phone app a number in E.164.
 * A blank inside an address was a plus before a client forgot to escape it (C2). Throws `invalid_data`.
 */
export function parseHandle(app: App, text: string): string {
  if (app.handleType === 'phone') return parsePhone(text);
  const handle = normalise(text);
  const [local = '', domain = '', ...rest] = handle.split('@');
  const valid =
    handle.length <= HANDLE_MAX && rest.length === 0 && LOCAL_PART.test(local) && DOMAIN.test(domain);
  if (!valid) throw new HostError('invalid_data');
  return handle;
}

/**
 * What somebody typed to log in, normalised as handles are; nothing is refused but what no handle can hold (`invalid_data`). Normalising
 * twice changes nothing.
 */
export function loginName(app: App, text: string): string {
  const name = normalise(text);
  if (app.handleType !== 'phone' || !/\d/.test(name)) return name;
  try {
    return parsePhone(name);
  } catch {
    return name;
  }
}

/** Throws `user_names_disabled` for what can only be a user name while the app has none (contract 606). */
export function requireLoginName(app: App, name: string): void {
  if (app.handleType === 'phone' || app.userNamesEnabled || name.includes('@')) return;
  throw new HostError('user_names_disabled');
}

/**
 * The user somebody means: a handle goes before a user name (contract S15). Throws `user_names_disabled` and `invalid_data`.
 */
export async function findByLoginName(
  deps: Pick<Deps, 'store'>,
  app: App,
  text: string,
): Promise<User | undefined> {
  const name = loginName(app, text);
  requireLoginName(app, name);
  const user = await deps.store.users.findByHandle(app.id, name);
  if (user || !app.userNamesEnabled) return user;
  return deps.store.users.findByUserName(app.id, name);
}

/** A user name: 3 to 32 letters and digits, a letter first, lower case (contract S15). Throws `invalid_data`. */
export function parseUserName(text: string): string {
  const userName = text.trim().toLowerCase();
  if (!/^[a-z][a-z0-9]{2,31}$/.test(userName)) throw new HostError('invalid_data');
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
 * Control characters, lone surrogates and U+FFFD are refused in identifiers: stores turn a lone surrogate into U+FFFD, so that two
 * handles could meet (security rule 22). Throws `invalid_data`.
 */
export function requireFitText(text: string): void {
  if (UNFIT.test(text) || !text.isWellFormed()) throw new HostError('invalid_data');
}
