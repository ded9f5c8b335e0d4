import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import type { Invite } from '../../model/invite.ts';
import { DEFAULT_LOCALE, LOCALES } from '../../model/locale.ts';
import { TEXT_LENGTHS } from '../../model/portal-limits.ts';
import type { Signup } from '../../model/signup.ts';
import { TEMPLATE_NAMES, type Template } from '../../model/template.ts';
import { isAnonymous, type Metadata, type StoredCode, type User } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import type { CodePurpose } from '../../ports/security/codes.ts';
import { DAY_MS, HOUR_MS } from '../../tools/duration.ts';
import { subjectOf } from '../tokens/claims.ts';
import { loginName, parseUserName, requireFitText } from '../users/handle.ts';
import { requireSafeNames, requireStorable } from '../users/metadata.ts';
import { parsePhone } from '../users/phone-number.ts';
import { CellError, type Cells, refusedAs } from './cells.ts';

export type RecordDeps = Pick<
  Deps,
  'config' | 'codes' | 'keyPairs' | 'hostTokens' | 'passwords' | 'totp' | 'clock'
>;

const UID = /^[0-9a-f]{32}$/;
const CODE = /^\d{6}$/;

function localeOf(cells: Cells): string {
  const locale = cells.text('locale')?.toUpperCase() ?? DEFAULT_LOCALE;
  if (!LOCALES.has(locale)) throw new CellError('locale is no known code');
  return locale;
}

/** Throws `CellError`. Old password hashes are kept as they are: the next log-in replaces them. */
export function importedUser(deps: RecordDeps, cells: Cells, app: App): User {
  const { codes, clock, totp } = deps;
  const now = clock.now();
  const phoneVerified = cells.boolean('phoneVerified', false);
  const phone = cells.text('phone');
  const seed = cells.text('googleSecretKey')?.replaceAll(' ', '').toUpperCase();
  if (seed !== undefined && !totp.isUsable(seed)) throw new CellError('googleSecretKey is no usable secret');
  const loginProvider = cells.choice('loginProvider', ['', 'apple', 'google'], '');
  const uid = cells.text('uid') ?? codes.newId();
  const userName = cells.text('userName');
  if (!UID.test(uid)) throw new CellError('uid is not 32 hex digits');
  const handle = handleOf(cells, app);
  return {
    id: codes.newRowId(now),
    appId: app.id,
    revision: 1,
    uid,
    subject: subjectOf(app, { uid, handle }),
    handle,
    userName: userName && refusedAs('userName is none that could be chosen', () => parseUserName(userName)),
    passwordHash: passwordHashOf(deps, cells),
    status: cells.choice('status', ['active', 'suspend', 'pending'], 'active'),
    locale: localeOf(cells),
    loginProvider,
    socialUserId: loginProvider === '' ? undefined : cells.text('socialUserId'),
    phone:
      phone === undefined
        ? undefined
        : refusedAs('phone is no number with country code', () => parsePhone(phone)),
    phoneVerified: phoneVerified && phone !== undefined,
    twoFactorPhone: cells.boolean('twoFactorPhoneVerification', false),
    twoFactorTotp: cells.boolean('twoFactorGoogleVerification', false) && seed !== undefined,
    totpSecret: cells.boolean('twoFactorGoogleVerification', false) ? seed : undefined,
    recoveryCodes: [],
    metaData: metadataOf(cells),
    ...(cells.boolean('metadataDue', false) && { metadataDue: true }),
    epoch: 0,
    revokedTokens: [],
    lastLogin: cells.date('lastLogin'),
    createdAt: cells.date('createdAt') ?? now,
    updatedAt: cells.date('updatedAt') ?? now,
  };
}

/** Throws `CellError`. A code of the old host is kept as a digest; it completes code and link signups alike. */
export function importedSignup(deps: RecordDeps, cells: Cells, app: App): Signup {
  const now = deps.clock.now();
  const id = deps.codes.newRowId(now);
  const updatedAt = cells.date('updatedAt') ?? now;
  const status = cells.choice('status', ['pending', 'verified', 'active'], 'pending');
  return {
    id,
    appId: app.id,
    revision: 1,
    handle: handleOf(cells, app),
    status,
    kind: status === 'active' ? 'none' : 'either',
    code:
      status === 'active'
        ? undefined
        : codeOf(deps, cells, {
            app,
            purpose: 'signup',
            subject: id,
            expiresAt: updatedAt + deps.config.signupHours * HOUR_MS,
          }),
    passwordHash: passwordHashOf(deps, cells),
    userId: deps.codes.newRowId(now),
    uid: deps.codes.newId(),
    metaData: metadataOf(cells),
    locale: localeOf(cells),
    signupProvider: cells.choice('signupProvider', ['', 'apple', 'google'], ''),
    createdAt: cells.date('createdAt') ?? now,
    updatedAt,
  };
}

/** Throws `CellError`. */
export function importedInvite(deps: RecordDeps, cells: Cells, app: App): Invite {
  const now = deps.clock.now();
  const id = deps.codes.newRowId(now);
  const updatedAt = cells.date('updatedAt') ?? now;
  return {
    id,
    appId: app.id,
    revision: 1,
    handle: handleOf(cells, app),
    senderHandle: cells.required('senderHandle'),
    senderUserId: cells.required('senderUserId'),
    status: cells.choice('status', ['pending', 'verified'], 'pending'),
    code: codeOf(deps, cells, {
      app,
      purpose: 'invite',
      subject: id,
      expiresAt: updatedAt + deps.config.inviteDays * DAY_MS,
    }),
    userId: deps.codes.newRowId(now),
    uid: deps.codes.newId(),
    metaData: metadataOf(cells),
    locale: localeOf(cells),
    createdAt: cells.date('createdAt') ?? now,
    updatedAt,
  };
}

/** Throws `CellError`. */
export function importedTemplate(deps: RecordDeps, cells: Cells, app: App): Template {
  const now = deps.clock.now();
  const name = TEMPLATE_NAMES.find((known) => known === cells.required('templateName'));
  if (!name) throw new CellError('templateName is none of the eight messages');
  return {
    id: deps.codes.newRowId(now),
    appId: app.id,
    revision: 1,
    name,
    locale: localeOf(cells),
    // An SMS has no subject, and old hosts kept none.
    subject:
      cells.line('subject', TEXT_LENGTHS.subject) ?? (name === 'sms' ? '%APP_NAME%' : missing('subject')),
    replyTo: cells.mailAddress('replyTo'),
    htmlTemplate: cells.required('htmlTemplate', TEXT_LENGTHS.htmlTemplate),
    localeLinkText: cells.line('localeLinkText', TEXT_LENGTHS.localeLinkText),
    createdAt: cells.date('createdAt') ?? now,
    updatedAt: cells.date('updatedAt') ?? now,
  };
}

/** Throws `CellError` for a text that the portal could not save. */
export function requireSavable({ renderer }: Pick<Deps, 'renderer'>, template: Template): void {
  const { name, locale, subject, htmlTemplate } = template;
  try {
    renderer.check({ name, subject, htmlTemplate });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new CellError(`${name} ${locale} cannot be used: ${error.detail ?? 'it does not parse'}`);
  }
}

function missing(name: string): never {
  throw new CellError(`${name} is empty`);
}

/** Spelled as at every entry (contract A3, P11); anonymous handles keep their case. */
function handleOf(cells: Cells, app: App): string {
  const text = cells.required('handle', 254);
  return refusedAs('handle holds characters that cannot be', () => {
    requireFitText(text);
    return isAnonymous(text) ? text : loginName(app, text);
  });
}

function passwordHashOf({ passwords }: RecordDeps, cells: Cells): string | undefined {
  const hash = cells.text('password');
  if (hash !== undefined && !passwords.isUsable(hash))
    throw new CellError('password is neither a bcrypt hash (cost 4 to 12) nor Argon2id');
  return hash;
}

function metadataOf(cells: Cells): Metadata {
  const metaData = cells.object('metaData') ?? {};
  refusedAs('metaData is larger or deeper than metadata may be', () => requireStorable(metaData));
  refusedAs('metaData holds a name that cannot be used', () => requireSafeNames(metaData));
  return metaData;
}

interface CodePlace {
  app: App;
  purpose: CodePurpose;
  subject: string;
  expiresAt: number;
}
function codeOf(
  { codes }: RecordDeps,
  cells: Cells,
  { app, purpose, subject, expiresAt }: CodePlace,
): StoredCode | undefined {
  const code = cells.text('code');
  if (code === undefined || code === '0') return undefined;
  if (!CODE.test(code)) throw new CellError('code is not six digits');
  return codes.stored({ purpose, appId: app.id, subject, code, expiresAt });
}
