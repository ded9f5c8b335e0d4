import { DEFAULT_LOCALE, LOCALES } from '../../model/locale.ts';
import { TEMPLATE_NAMES, type TemplateName } from '../../model/template.ts';
import { isAnonymous, type Metadata, type StoredCode } from '../../model/user.ts';
import type { CodePurpose } from '../../ports/security/codes.ts';
import { loginName, parseUserName, requireFitText } from '../users/handle.ts';
import { requireSafeNames, requireStorable } from '../users/metadata.ts';
import { parsePhone } from '../users/phone-number.ts';
import { CellError, refusedAs } from './cells.ts';
import type { RecordRow } from './columns.ts';

/*
 * Cells that need more than their kind to be read. All throw `CellError`.
 */

const UID = /^[0-9a-f]{32}$/;
const CODE = /^\d{6}$/;

export function localeOf({ cells }: RecordRow): string {
  const locale = cells.text('locale')?.toUpperCase() ?? DEFAULT_LOCALE;
  if (!LOCALES.has(locale)) throw new CellError('locale is no known code');
  return locale;
}

/** Spelled as at every entry (contract A3, P11); anonymous handles keep their case. */
export function handleOf({ cells, app }: RecordRow): string {
  const text = cells.required('handle', 254);
  return refusedAs('handle holds characters that cannot be', () => {
    requireFitText(text);
    return isAnonymous(text) ? text : loginName(app, text);
  });
}

export function userNameOf({ cells }: RecordRow): string | undefined {
  const userName = cells.text('userName');
  return userName && refusedAs('userName is none that could be chosen', () => parseUserName(userName));
}

export function phoneOf({ cells }: RecordRow): string | undefined {
  const phone = cells.text('phone');
  return phone && refusedAs('phone is no number with country code', () => parsePhone(phone));
}

export function uidOf({ deps, cells }: RecordRow): string {
  const uid = cells.text('uid') ?? deps.codes.newId();
  if (!UID.test(uid)) throw new CellError('uid is not 32 hex digits');
  return uid;
}

/** Old password hashes are kept as they are: the next log-in replaces them. */
export function passwordHashOf({ deps, cells }: RecordRow): string | undefined {
  const hash = cells.text('password');
  if (hash !== undefined && !deps.passwords.isUsable(hash))
    throw new CellError('password is neither a bcrypt hash (cost 4 to 12) nor Argon2id');
  return hash;
}

/** A secret that is there has to be usable, even where it is not used. */
export function totpSecretOf({ deps, cells }: RecordRow): string | undefined {
  const seed = cells.text('googleSecretKey')?.replaceAll(' ', '').toUpperCase();
  if (seed !== undefined && !deps.totp.isUsable(seed))
    throw new CellError('googleSecretKey is no usable secret');
  return cells.boolean('twoFactorGoogleVerification', false) ? seed : undefined;
}

export function metadataOf({ cells }: RecordRow): Metadata {
  const metaData = cells.object('metaData') ?? {};
  refusedAs('metaData is larger or deeper than metadata may be', () => requireStorable(metaData));
  refusedAs('metaData holds a name that cannot be used', () => requireSafeNames(metaData));
  return metaData;
}

/** A code of the old host is kept as a digest; ours are never in a file. */
export function codeOf(
  { deps, cells, app, id }: RecordRow,
  { purpose, expiresAt }: { purpose: CodePurpose; expiresAt: number },
): StoredCode | undefined {
  const code = cells.text('code');
  if (code === undefined || code === '0') return undefined;
  if (!CODE.test(code)) throw new CellError('code is not six digits');
  return deps.codes.stored({ purpose, appId: app.id, subject: id, code, expiresAt });
}

export function templateNameOf({ cells }: RecordRow): TemplateName {
  const name = TEMPLATE_NAMES.find((known) => known === cells.required('templateName'));
  if (!name) throw new CellError('templateName is none of the eight messages');
  return name;
}
