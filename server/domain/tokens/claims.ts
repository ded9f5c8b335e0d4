import { type App, audienceOf, userJwtHours } from '../../model/app.ts';
import { RESERVED_CLAIMS } from '../../model/claims.ts';
import { type ErrorName, HostError } from '../../model/errors.ts';
import { isAnonymous, type Metadata, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { isEmail } from '../users/handle.ts';
import { refusedMetadata, valueAt, withValue } from '../users/metadata.ts';
import { issuerOf } from './published-keys.ts';

/**
 * Throws `error` when a required metadata field is empty, so that no JWT can be made (contract §7 step 5). To
 * be called before anything is written (A5).
 */
export function requireCompleteMetadata(
  app: App,
  handle: string,
  metaData: Metadata,
  error: ErrorName,
): void {
  if (emptyField(app, handle, metaData) !== undefined) throw new HostError(error);
}

/** As `requireCompleteMetadata`, of metadata that were sent: the refusal blames the field. */
export function requireSentMetadata(app: App, handle: string, metaData: Metadata, error: ErrorName): void {
  const path = emptyField(app, handle, metaData);
  if (path !== undefined) throw refusedMetadata('metadata_missing', path, error);
}

/** Whether every required metadata field has a value. */
export function isCompleteMetadata(app: App, handle: string, metaData: Metadata): boolean {
  return emptyField(app, handle, metaData) === undefined;
}

/** The path of a required field that is empty. */
function emptyField(app: App, handle: string, metaData: Metadata): string | undefined {
  const shown = configuredMetadata(app, handle, metaData);
  return app.metaData.find(({ path, required }) => required && isEmpty(valueAt(shown, path)))?.path;
}

/**
 * Whom a user JWT is about, in the app's `userIdFormat`; an anonymous user by the uid unless the format is
 * `raw`.
 */
export function subjectOf(app: App, user: Pick<User, 'uid' | 'handle'>): string {
  if (app.userIdFormat === 'raw') return user.handle;
  if (app.userIdFormat === 'uid' || isAnonymous(user.handle)) return user.uid;
  return user.handle.replaceAll('@', '_');
}

/**
 * The claims of a user JWT, complete (contract §7). Times come in as epoch milliseconds and leave as JWT
 * seconds. Metadata are copied, never changed (A13); whatever they hold, the host's own claims are written
 * last (A14).
 */
export function userClaims(
  deps: Pick<Deps, 'config' | 'codes'>,
  {
    app,
    user,
    now,
    authTime,
  }: {
    app: App;
    user: Pick<User, 'uid' | 'handle' | 'userName' | 'metaData'>;
    now: number;
    authTime: number;
  },
): Record<string, unknown> {
  const claims: Record<string, unknown> = configuredMetadata(app, user.handle, user.metaData);
  // A text of that name in the metadata must not pass for the address the host vouches for (A14).
  const ownEmail = emailPath(app) === 'email' && (isEmail(user.handle) || isAnonymous(user.handle));
  if (typeof claims.email === 'string' && !ownEmail) delete claims.email;
  if (app.metaDataEmail && emailPath(app) === undefined && isEmail(user.handle)) claims.email = user.handle;
  if (app.userNamesEnabled && user.userName) claims.userName = user.userName;
  for (const name of RESERVED_CLAIMS) delete claims[name];
  const issuedAt = Math.floor(now / 1000);
  return {
    ...claims,
    iss: issuerOf(deps, app.id),
    sub: subjectOf(app, user),
    aud: audienceOf(app),
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + Math.round(userJwtHours(app) * 3600),
    jti: deps.codes.newId(),
    auth_time: Math.floor(authTime / 1000),
  };
}

/**
 * The stored metadata as a JWT shows them: the handle where a field is called `email`, `ANON_<field>` for
 * anonymous users.
 */
function configuredMetadata(app: App, handle: string, metaData: Metadata): Metadata {
  return app.metaData.reduce((shown, { path, fieldName }) => {
    if (isAnonymous(handle)) return withValue(shown, path, `ANON_${fieldName}`);
    return fieldName === 'email' && isEmail(handle) ? withValue(shown, path, handle) : shown;
  }, structuredClone(metaData));
}

function emailPath(app: App): string | undefined {
  return app.metaData.find(({ fieldName }) => fieldName === 'email')?.path;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
