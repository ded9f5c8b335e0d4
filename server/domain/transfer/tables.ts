import type { App } from '../../model/app.ts';
import type { Invite } from '../../model/invite.ts';
import type { Signup } from '../../model/signup.ts';
import type { Template } from '../../model/template.ts';
import type { User } from '../../model/user.ts';
import { cellOf, dateCell, forSpreadsheet } from './cells.ts';

const APP_FILE = 'app-collection.csv';

/** A column: its name and what an export writes into it. `secret` columns stay empty with `withSecrets=false`. */
interface Column<T> {
  name: string;
  cell: (record: T) => string;
  secret?: boolean;
}
export interface TransferTable<T> {
  file: string;
  columns: readonly Column<T>[];
}

/** How an export is written. `spreadsheet`: no cell is a formula, and the app's row says so in a column of that name, for an import. */
export interface ExportOptions {
  withSecrets: boolean;
  spreadsheet: boolean;
}
/** The app's column that says how all five tables were written; only there when it says something. */
export const SPREADSHEET = 'spreadsheet';

/** The column names of a table. */
export function headerOf<T>(table: TransferTable<T>, { spreadsheet }: ExportOptions): string[] {
  const names = table.columns.map(({ name }) => name);
  return spreadsheet && table.file === APP_FILE ? [...names, SPREADSHEET] : names;
}

/** The row of a record. */
export function rowOf<T>(table: TransferTable<T>, record: T, options: ExportOptions): string[] {
  const cells = table.columns.map(({ cell, secret }) => (secret && !options.withSecrets ? '' : cell(record)));
  if (!options.spreadsheet) return cells;
  const safe = cells.map(forSpreadsheet);
  return table.file === APP_FILE ? [...safe, 'true'] : safe;
}

const base64 = (pem: string | undefined) => (pem === undefined ? '' : Buffer.from(pem).toString('base64'));
const currentKey = ({ keys }: App) => keys.find(({ state }) => state === 'current');
/** Base32 as the old host stores it: lower case, in groups of four. */
const spaced = (secret: string | undefined) => secret?.toLowerCase().replace(/(.{4})(?=.)/g, '$1 ') ?? '';
const never = () => '';

function columns<T>(
  names: string,
  cells: { [name: string]: (record: T) => string },
  secret = '',
): Column<T>[] {
  const secrets = new Set(secret.split(' '));
  return names.split(' ').map((name) => {
    const cell = cells[name] ?? ((record: T) => cellOf((record as Record<string, unknown>)[name]));
    return { name, cell, secret: secrets.has(name) };
  });
}

const dates = {
  createdAt: ({ createdAt }: { createdAt: number }) => dateCell(createdAt),
  updatedAt: ({ updatedAt }: { updatedAt: number }) => dateCell(updatedAt),
};

/** The old host's columns first, in its order, then ours (contract §4.5). Codes are never exported (design §13). */
export const APP_TABLE: TransferTable<App> = {
  file: APP_FILE,
  columns: columns<App>(
    'name status jwtEnabled appPrivateKey appPublicKey appToken appSecret handle invitationEnabled signupEnabled signupFlow ' +
      'twoFactorVerification emailExtension emailExtensionAPIKey emailExtensionSenderEmail TWILIOAccountSid TWILIOToken ' +
      'TWILIOPhoneNumber googleAppName maxLoginAttempts passwordFilter passwordMinLength passwordMinUpper passwordMinLower ' +
      'passwordMinDigit passwordMinSpecial userJWTExpiration realmAppId appData metaDataInvite metaData metaDataEmail locales ' +
      'createdAt updatedAt appId type anonymousLoginEnabled userNamesEnabled appleLoginEnabled appleBundleId googleLoginEnabled ' +
      'googleClientId maxUsers userIdFormat linkConfirmation userJWTAudience hideAccounts refuseCommonPasswords smsPerHour mailsPerHour smsCountries otherKeys',
    {
      ...dates,
      appPrivateKey: (app) => base64(currentKey(app)?.privateKey),
      appPublicKey: (app) => base64(currentKey(app)?.publicKey),
      handle: ({ handleType }) => handleType,
      emailExtensionAPIKey: ({ emailExtensionApiKey }) => cellOf(emailExtensionApiKey),
      TWILIOAccountSid: ({ twilio }) => cellOf(twilio?.accountSid),
      TWILIOToken: ({ twilio }) => cellOf(twilio?.token),
      TWILIOPhoneNumber: ({ twilio }) => cellOf(twilio?.phoneNumber),
      passwordMinLength: ({ passwordRules }) => cellOf(passwordRules.minLength),
      passwordMinUpper: ({ passwordRules }) => cellOf(passwordRules.minUpper),
      passwordMinLower: ({ passwordRules }) => cellOf(passwordRules.minLower),
      passwordMinDigit: ({ passwordRules }) => cellOf(passwordRules.minDigit),
      passwordMinSpecial: ({ passwordRules }) => cellOf(passwordRules.minSpecial),
      userJWTExpiration: ({ userJwtExpirationHours }) => cellOf(userJwtExpirationHours),
      appId: ({ id }) => id,
      userJWTAudience: ({ userJwtAudience }) => cellOf(userJwtAudience),
      otherKeys: ({ keys }) => cellOf(keys.filter(({ state }) => state !== 'current')),
    },
    'appPrivateKey appToken appSecret emailExtensionAPIKey TWILIOAccountSid TWILIOToken otherKeys',
  ),
};

export const USER_TABLE: TransferTable<User> = {
  file: 'user-collection.csv',
  columns: columns<User>(
    'handle password status appId twoFactorPhoneVerification twoFactorGoogleVerification googleSecretKey twoFactorCode phone ' +
      'phoneVerified phoneCode metaData lastLogin locale createdAt updatedAt userName loginProvider socialUserId uid metadataDue',
    {
      ...dates,
      password: ({ passwordHash }) => cellOf(passwordHash),
      twoFactorPhoneVerification: ({ twoFactorPhone }) => cellOf(twoFactorPhone),
      twoFactorGoogleVerification: ({ twoFactorTotp }) => cellOf(twoFactorTotp),
      googleSecretKey: ({ totpSecret }) => spaced(totpSecret),
      twoFactorCode: never,
      phoneCode: never,
      lastLogin: ({ lastLogin }) => dateCell(lastLogin),
    },
    'password googleSecretKey',
  ),
};

export const SIGNUP_TABLE: TransferTable<Signup> = {
  file: 'signup-collection.csv',
  columns: columns<Signup>(
    'handle password status appId code locale metaData createdAt updatedAt signupProvider',
    { ...dates, password: ({ passwordHash }) => cellOf(passwordHash), code: never },
    'password',
  ),
};

export const INVITE_TABLE: TransferTable<Invite> = {
  file: 'invite-collection.csv',
  columns: columns<Invite>(
    'handle senderHandle senderUserId code status appId metaData createdAt updatedAt locale',
    {
      ...dates,
      code: never,
    },
  ),
};

export const TEMPLATE_TABLE: TransferTable<Template> = {
  file: 'email-template-collection.csv',
  columns: columns<Template>(
    'appId subject replyTo templateName htmlTemplate locale htmlTemplate createdAt updatedAt localeLinkText',
    { ...dates, templateName: ({ name }) => name },
  ),
};

/** The five files of an app's export, all required in an import. */
export const TRANSFER_FILES = [APP_TABLE, USER_TABLE, SIGNUP_TABLE, INVITE_TABLE, TEMPLATE_TABLE].map(
  ({ file }) => file,
);
