import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Job } from '../../model/job.ts';
import { DEFAULT_LOCALE, LOCALES } from '../../model/locale.ts';
import { isAnonymous, type Metadata, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { ForeignIndex, ForeignRow } from '../../ports/foreign-files.ts';
import { isCompleteMetadata, subjectOf } from '../tokens/claims.ts';
import { parseHandle } from '../users/handle.ts';
import { requireStorable, valueAt, withValue } from '../users/metadata.ts';
import { parsePhone } from '../users/phone-number.ts';
import type { RecordDeps } from './columns.ts';
import { textOf } from './from/fields.ts';
import { type Fields, type MovedPassword, type MovedUser, RowError, type Source } from './from/moved-user.ts';
import { SOURCES } from './from/sources.ts';
import { ownUser } from './move-in-own.ts';
import { idsFor, type MoveInTask, taskOf } from './move-in-task.ts';

type RowDeps = RecordDeps;

const MD5 = /^[0-9a-f]{32}$/i;
const EARLIEST = Date.UTC(1990, 0, 1);
const ID_MAX = 256;

/** Somebody who can be moved in. */
export interface Candidate {
  line: number;
  /** The other system's id. */
  id: string;
  /** As they would be added; of an MD5 that is still to be hashed the hash is not set. */
  user: User;
  /** An unsalted MD5, to be hashed when it is written. */
  md5?: string;
  factorsDropped: number;
  /** What clients of before send opens it too. */
  worksAtOnce: boolean;
  /** The other system verified this very handle, and lets them in. */
  isVouchedFor: boolean;
  /** The id is an address or a name, which somebody else may have by the next export. */
  isNamed: boolean;
}

/** Members that people are named by. */
const NAMES = ['handle', 'email', 'Email', 'username', 'Username', 'cognito:username'] as const;

/** Throws `RowError`; `id` is told to `refuse` first where there is one. */
export function candidateOf(
  deps: RowDeps,
  { app, job, index }: { app: App; job: Job; index: ForeignIndex },
  row: ForeignRow,
  named: (id: string) => void,
): Candidate {
  const { line, fields } = row;
  if (!fields) throw new RowError(row.problem ?? 'broken_row');
  const task = taskOf(job);
  const source: Source = SOURCES[task.format];
  const id = source.idOf(fields) ?? idByAddress(fields);
  if (id === undefined || id.length > ID_MAX) throw new RowError('no_id');
  named(id);
  const isNamed = isName(id, fields);
  if (!source.read) {
    const user = ownUser(deps, { app, job }, row, originOf(task, id));
    requireFirst(index, { id, user, line });
    const isVouchedFor = row.fields?.status === 'active';
    const worksAtOnce = user.passwordHash !== undefined;
    return { line, id, user, factorsDropped: 0, worksAtOnce, isVouchedFor, isNamed };
  }
  const joined = task.hasSecond ? index.joined(`joined ${id}`) : [];
  const moved = source.read(id, fields, { options: task.options, joined });
  const handle = handleOf(app, task, moved, fields);
  const built = userOf(deps, { app, job, task, line, moved, handle, fields });
  requireFirst(index, { id, user: built.user, line });
  return { line, id, isNamed, ...built };
}

/** Of two rows of a file the first counts, whatever of a user nobody else may have they share. */
function requireFirst(
  index: ForeignIndex,
  { id, user, line }: { id: string; user: User; line: number },
): void {
  if (index.first(`id ${id}`, line) !== line) throw new RowError('double_id');
  if (index.first(`handle ${user.handle}`, line) !== line) throw new RowError('double_handle');
  const { loginProvider, socialUserId, userName, phone, phoneVerified } = user;
  const others = [
    socialUserId && `social ${loginProvider} ${socialUserId}`,
    userName && `name ${userName}`,
    phoneVerified && `phone ${phone}`,
  ];
  if (others.some((key) => key && index.first(key, line) !== line)) throw new RowError('taken');
}

function isName(id: string, fields: Fields): boolean {
  if (textOf(fields, 'sub') === id) return false;
  const isOne = (name: string) => String(fields[name]).toLowerCase() === id.toLowerCase();
  return id.includes('@') || NAMES.some((name) => Object.hasOwn(fields, name) && isOne(name));
}

/** A list without ids names people by their address. */
function idByAddress(fields: Fields): string | undefined {
  const email = fields.email;
  return typeof email === 'string' && email !== '' ? email.toLowerCase() : undefined;
}

function handleOf(app: App, { map }: MoveInTask, moved: MovedUser, fields: Fields): string {
  const mapped = map.handle === undefined ? undefined : valueAt(fields as Metadata, map.handle);
  const own = app.handleType === 'phone' ? moved.phone : moved.email;
  const text = typeof mapped === 'string' ? mapped : own;
  if (moved.isAnonymous || !text || isAnonymous(text)) throw new RowError('no_handle');
  try {
    return parseHandle(app, text);
  } catch (error) {
    if (error instanceof HostError) throw new RowError('invalid_handle');
    throw error;
  }
}

/** What was verified is one value: a handle from elsewhere in the record is not, unless it is the same. */
function isVerifiedHandle(app: App, moved: MovedUser, handle: string): boolean {
  const isPhone = app.handleType === 'phone';
  const value = isPhone ? moved.phone : moved.email;
  if (value === undefined || !(isPhone ? moved.phoneVerified : moved.emailVerified)) return false;
  try {
    return parseHandle(app, value) === handle;
  } catch {
    return false;
  }
}

function userOf(
  deps: RowDeps,
  input: {
    app: App;
    job: Job;
    task: MoveInTask;
    line: number;
    moved: MovedUser;
    handle: string;
    fields: Fields;
  },
): Omit<Candidate, 'line' | 'id' | 'isNamed'> {
  const { app, job, task, line, moved, handle, fields } = input;
  const ids = idsFor(job, line);
  const { passwordHash, md5 } = passwordOf(deps, moved.password);
  const hasPassword = passwordHash !== undefined || md5 !== undefined;
  const [social] = hasPassword ? [] : (moved.social ?? []);
  const totpSecret = totpOf(deps, moved);
  const metaData = metadataOf(task, fields);
  const phone = phoneOf(app, moved);
  const isVerified = isVerifiedHandle(app, moved, handle);
  // An address that nobody verified may be another's: no provider's account opens it.
  const unverified = social ? 'pending' : task.unverified;
  const now = deps.clock.now();
  const { createdAt = now } = moved;
  const user: User = {
    id: ids.id,
    appId: app.id,
    revision: 1,
    uid: ids.uid,
    subject: subjectOf(app, { uid: ids.uid, handle }),
    handle,
    ...(passwordHash !== undefined && { passwordHash }),
    status: moved.disabled ? 'suspend' : isVerified ? 'active' : unverified,
    locale: localeOf(moved),
    loginProvider: social?.provider ?? '',
    ...(social && { socialUserId: social.id }),
    ...(phone !== undefined && { phone }),
    phoneVerified: false,
    twoFactorPhone: false,
    twoFactorTotp: totpSecret !== undefined,
    ...(totpSecret !== undefined && { totpSecret }),
    recoveryCodes: [],
    metaData,
    ...(!isCompleteMetadata(app, handle, metaData) && { metadataDue: true }),
    // As of everybody who joins: a token of an old installation counts as 0.
    epoch: 1,
    revokedTokens: [],
    importedFrom: originOf(task, moved.id),
    waitsForPassword: true,
    createdAt: createdAt >= EARLIEST && createdAt <= now ? createdAt : now,
    updatedAt: now,
  };
  const lost = moved.totp !== undefined && totpSecret === undefined ? 1 : 0;
  const factorsDropped = (moved.otherFactors ?? 0) + lost;
  const isVouchedFor = isVerified && !moved.disabled;
  const worksAtOnce = md5 !== undefined;
  return { user, ...(worksAtOnce && { md5 }), factorsDropped, worksAtOnce, isVouchedFor };
}

/** Where somebody came from, as it is kept. */
export function originOf({ format }: Pick<MoveInTask, 'format'>, id: string): string {
  return `${format}:${id}`;
}

function passwordOf(
  { passwords }: Pick<Deps, 'passwords'>,
  password: MovedPassword | undefined,
): { passwordHash?: string; md5?: string } {
  if (!password) return {};
  if (password.of === 'md5') {
    if (!MD5.test(password.hex)) throw new RowError('unknown_hash');
    return { md5: password.hex.toLowerCase() };
  }
  const passwordHash = passwords.ofClear(password.form);
  if (!passwords.isUsable(passwordHash)) throw new RowError('unknown_hash');
  return { passwordHash };
}

/** Of the one kind that authenticators of the host make: SHA-1, six digits, thirty seconds. */
function totpOf({ totp }: Pick<Deps, 'totp'>, { totp: moved }: MovedUser): string | undefined {
  if (!moved) return undefined;
  const { digits = 6, period = 30, algorithm = 'SHA1' } = moved;
  if (digits !== 6 || period !== 30 || !/^(?:Hmac)?SHA-?1$/i.test(algorithm)) return undefined;
  const secret = moved.secret.replaceAll(/[\s=-]/g, '').toUpperCase();
  return totp.isUsable(secret) ? secret : undefined;
}

function metadataOf({ map }: MoveInTask, fields: Fields): Metadata {
  let metaData: Metadata = {};
  for (const [path, from] of Object.entries(map.metaData ?? {})) {
    const value = Object.hasOwn(fields, from) ? fields[from] : valueAt(fields as Metadata, from);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    metaData = withValue(metaData, path, String(value).trim());
  }
  try {
    requireStorable(metaData);
  } catch {
    throw new RowError('metadata');
  }
  return metaData;
}

/** Kept beside an address, to be verified when it is used. */
function phoneOf(app: App, { phone }: MovedUser): string | undefined {
  if (app.handleType === 'phone' || phone === undefined) return undefined;
  try {
    return parsePhone(phone);
  } catch {
    return undefined;
  }
}

function localeOf({ locale }: MovedUser): string {
  const known = locale?.slice(0, 2).toUpperCase();
  return known !== undefined && LOCALES.has(known) ? known : DEFAULT_LOCALE;
}
