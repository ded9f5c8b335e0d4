import type { Invite } from '../../model/invite.ts';
import { TEXT_LENGTHS } from '../../model/portal-limits.ts';
import type { Signup } from '../../model/signup.ts';
import type { Template } from '../../model/template.ts';
import type { User } from '../../model/user.ts';
import { DAY_MS, HOUR_MS } from '../../tools/duration.ts';
import { CellError, dateCell } from './cells.ts';
import { columnsOf, DATES, kept, never, notRead, type RecordRow, updatedAtOf } from './columns.ts';
import {
  codeOf,
  handleOf,
  localeOf,
  metadataOf,
  passwordHashOf,
  phoneOf,
  templateNameOf,
  totpSecretOf,
  uidOf,
  userNameOf,
} from './record-cells.ts';

/*
 * The columns of what an app holds: the old host's first, in its order, then ours (contract §4.5). Codes are
 * never exported.
 */

const APP_ID = { name: 'appId', write: ({ appId }: { appId: string }) => appId, read: notRead };
const HANDLE = kept('handle', 'handle', handleOf);
const PASSWORD = { ...kept('password', 'passwordHash', passwordHashOf), secret: true };
const LOCALE = kept('locale', 'locale', localeOf);
const METADATA = kept('metaData', 'metaData', metadataOf);

/** Base32 as the old host stores it: lower case, in groups of four. */
const spaced = (secret: string | undefined) => secret?.toLowerCase().replace(/(.{4})(?=.)/g, '$1 ') ?? '';
const providerOf = ({ cells }: RecordRow, name: string) => cells.choice(name, ['', 'apple', 'google'], '');
const signupStatusOf = ({ cells }: RecordRow) =>
  cells.choice('status', ['pending', 'verified', 'active'], 'pending');

export const USER_COLUMNS = columnsOf<User, RecordRow>()([
  HANDLE,
  PASSWORD,
  kept('status', 'status', ({ cells }) => cells.choice('status', ['active', 'suspend', 'pending'], 'active')),
  APP_ID,
  kept('twoFactorPhoneVerification', 'twoFactorPhone', ({ cells }) =>
    cells.boolean('twoFactorPhoneVerification', false),
  ),
  kept('twoFactorGoogleVerification', 'twoFactorTotp', (row) => totpSecretOf(row) !== undefined),
  {
    name: 'googleSecretKey',
    secret: true,
    write: ({ totpSecret }) => spaced(totpSecret),
    read: (row) => ({ totpSecret: totpSecretOf(row) }),
  },
  { name: 'twoFactorCode', write: never, read: notRead },
  kept('phone', 'phone', phoneOf),
  kept(
    'phoneVerified',
    'phoneVerified',
    ({ cells }) => cells.boolean('phoneVerified', false) && cells.text('phone') !== undefined,
  ),
  { name: 'phoneCode', write: never, read: notRead },
  METADATA,
  {
    name: 'lastLogin',
    write: ({ lastLogin }) => dateCell(lastLogin),
    read: ({ cells }) => ({ lastLogin: cells.date('lastLogin') }),
  },
  LOCALE,
  DATES.createdAt,
  DATES.updatedAt,
  kept('userName', 'userName', userNameOf),
  kept('loginProvider', 'loginProvider', (row) => providerOf(row, 'loginProvider')),
  kept('socialUserId', 'socialUserId', (row) =>
    providerOf(row, 'loginProvider') === '' ? undefined : row.cells.text('socialUserId'),
  ),
  kept('uid', 'uid', uidOf),
  kept('metadataDue', 'metadataDue', ({ cells }) => cells.boolean('metadataDue', false) || undefined),
]);

export const SIGNUP_COLUMNS = columnsOf<Signup, RecordRow>()([
  HANDLE,
  PASSWORD,
  kept('status', 'status', signupStatusOf),
  APP_ID,
  {
    name: 'code',
    write: never,
    read: (row) => ({
      code:
        signupStatusOf(row) === 'active'
          ? undefined
          : codeOf(row, {
              purpose: 'signup',
              expiresAt: updatedAtOf(row) + row.deps.config.signupHours * HOUR_MS,
            }),
    }),
  },
  LOCALE,
  METADATA,
  DATES.createdAt,
  DATES.updatedAt,
  kept('signupProvider', 'signupProvider', (row) => providerOf(row, 'signupProvider')),
]);

export const INVITE_COLUMNS = columnsOf<Invite, RecordRow>()([
  HANDLE,
  kept('senderHandle', 'senderHandle', ({ cells }) => cells.required('senderHandle')),
  kept('senderUserId', 'senderUserId', ({ cells }) => cells.required('senderUserId')),
  {
    name: 'code',
    write: never,
    read: (row) => ({
      code: codeOf(row, {
        purpose: 'invite',
        expiresAt: updatedAtOf(row) + row.deps.config.inviteDays * DAY_MS,
      }),
    }),
  },
  kept('status', 'status', ({ cells }) => cells.choice('status', ['pending', 'verified'], 'pending')),
  APP_ID,
  METADATA,
  DATES.createdAt,
  DATES.updatedAt,
  LOCALE,
]);

/** The old host writes the text twice; whichever is filled is read. */
const HTML_TEMPLATE = kept('htmlTemplate', 'htmlTemplate', ({ cells }) =>
  cells.required('htmlTemplate', TEXT_LENGTHS.htmlTemplate),
);

export const TEMPLATE_COLUMNS = columnsOf<Template, RecordRow>()([
  APP_ID,
  kept('subject', 'subject', subjectLineOf),
  kept('replyTo', 'replyTo', ({ cells }) => cells.mailAddress('replyTo')),
  kept('templateName', 'name', templateNameOf),
  HTML_TEMPLATE,
  LOCALE,
  HTML_TEMPLATE,
  DATES.createdAt,
  DATES.updatedAt,
  kept('localeLinkText', 'localeLinkText', ({ cells }) =>
    cells.line('localeLinkText', TEXT_LENGTHS.localeLinkText),
  ),
]);

/** An SMS has no subject, and old hosts kept none. */
function subjectLineOf(row: RecordRow): string {
  const subject = row.cells.line('subject', TEXT_LENGTHS.subject);
  if (subject !== undefined) return subject;
  if (templateNameOf(row) !== 'sms') throw new CellError('subject is empty');
  return '%APP_NAME%';
}
