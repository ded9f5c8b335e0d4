import type { App, AppKey, MetadataField } from '../../model/app.ts';
import { DEFAULT_LOCALE, LOCALES } from '../../model/locale.ts';
import {
  AUDIENCES_MAX,
  FIELD_NAME_LENGTH,
  HOURS_MAX,
  isPlainLine,
  SETTING_LENGTHS,
} from '../../model/portal-limits.ts';
import type { Deps } from '../../ports/deps.ts';
import { FIRST_GENERATION } from '../../ports/security/host-tokens.ts';
import { newAppSettings } from '../apps/apps.ts';
import { type FieldList, importedFields } from '../apps/metadata-fields.ts';
import { isCountry } from '../users/phone-number.ts';
import { CellError, type Cells, refusedAs } from './cells.ts';

type AppRecordDeps = Pick<Deps, 'codes' | 'keyPairs' | 'hostTokens' | 'clock'>;

const MAX_PEM = 16 * 1024;
const NEW_KEYS =
  'so whoever verifies tokens would have to change: send newKeys=true with the file to give the app a new key pair';

/**
 * The app of an import: its own key pair and settings, a new id, name, app token and secret (contract §4.5). Columns that the file lacks get
 * what the old host did: `raw` user ids, links that complete at once. Throws `CellError`.
 */
export async function importedApp(
  deps: AppRecordDeps,
  cells: Cells,
  { id, name, newKeys }: { id: string; name: string; newKeys: boolean },
): Promise<App> {
  const now = deps.clock.now();
  const defaults = newAppSettings();
  const twilio = {
    accountSid: cells.line('TWILIOAccountSid', SETTING_LENGTHS.TWILIOAccountSid),
    token: cells.line('TWILIOToken', SETTING_LENGTHS.TWILIOToken),
    phoneNumber: cells.line('TWILIOPhoneNumber', SETTING_LENGTHS.TWILIOPhoneNumber),
  };
  const { accountSid, token, phoneNumber } = twilio;
  return {
    ...defaults,
    id,
    name,
    lifecycle: 'importing',
    status: cells.choice('status', ['active', 'inactive', 'suspended', 'blocked', 'migrated'], 'active'),
    type: cells.choice('type', ['development', 'commercial'], 'commercial'),
    handleType: cells.choice('handle', ['email', 'phone'], 'email'),
    jwtEnabled: cells.boolean('jwtEnabled', false),
    anonymousLoginEnabled: cells.boolean('anonymousLoginEnabled', false),
    userNamesEnabled: cells.boolean('userNamesEnabled', false),
    appleLoginEnabled: cells.boolean('appleLoginEnabled', false),
    appleBundleId: cells.line('appleBundleId', SETTING_LENGTHS.providerIds),
    googleLoginEnabled: cells.boolean('googleLoginEnabled', false),
    googleClientId: cells.line('googleClientId', SETTING_LENGTHS.providerIds),
    emailExtension: cells.boolean('emailExtension', false),
    emailExtensionApiKey: cells.line('emailExtensionAPIKey', SETTING_LENGTHS.emailExtensionAPIKey),
    emailExtensionSenderEmail: cells.mailAddress('emailExtensionSenderEmail'),
    invitationEnabled: cells.boolean('invitationEnabled', true),
    signupEnabled: cells.boolean('signupEnabled', true),
    signupFlow: cells.choice('signupFlow', ['none', 'code', 'link'], 'code'),
    twoFactorVerification: cells.choice('twoFactorVerification', ['none', 'google', 'phone'], 'none'),
    ...(accountSid && token && phoneNumber ? { twilio: { accountSid, token, phoneNumber } } : {}),
    googleAppName: cells.line('googleAppName', SETTING_LENGTHS.googleAppName),
    maxUsers: cells.integer('maxUsers', 0),
    maxLoginAttempts: cells.integer('maxLoginAttempts', 0),
    passwordFilter: cells.boolean('passwordFilter', false),
    passwordRules: {
      minLength: cells.integer('passwordMinLength', defaults.passwordRules.minLength),
      minUpper: cells.integer('passwordMinUpper', 0),
      minLower: cells.integer('passwordMinLower', 0),
      minDigit: cells.integer('passwordMinDigit', 0),
      minSpecial: cells.integer('passwordMinSpecial', 0),
    },
    userJwtExpirationHours: hoursOf(cells, defaults.userJwtExpirationHours),
    realmAppId: cells.line('realmAppId', SETTING_LENGTHS.realmAppId),
    userJwtAudience: audiencesOf(cells),
    appData: {},
    metaData: fieldsOf(deps, cells, 'metaData'),
    metaDataInvite: fieldsOf(deps, cells, 'metaDataInvite'),
    metaDataEmail: cells.boolean('metaDataEmail', true),
    locales: localesOf(cells),
    userIdFormat: cells.choice('userIdFormat', ['uid', 'handle', 'raw'], 'raw'),
    linkConfirmation: cells.choice('linkConfirmation', ['button', 'immediate'], 'immediate'),
    hideAccounts: cells.boolean('hideAccounts', false),
    refuseCommonPasswords: cells.boolean('refuseCommonPasswords', false),
    ...messageLimits(cells),
    keys: newKeys ? [await deps.keyPairs.newAppKey(now)] : await keysOf(deps, cells, now),
    appToken: await deps.hostTokens.issueAppToken({ appId: id, generation: FIRST_GENERATION }),
    tokenGeneration: FIRST_GENERATION,
    appSecret: await deps.hostTokens.issueAppSecret({ appId: id }),
    createdAt: now,
    updatedAt: now,
  };
}

/** What an app allows itself to send; nothing said is no limit of its own. */
function messageLimits(cells: Cells): Pick<App, 'smsPerHour' | 'mailsPerHour' | 'smsCountries'> {
  const [smsPerHour, mailsPerHour] = [cells.integer('smsPerHour', 0), cells.integer('mailsPerHour', 0)];
  const smsCountries = [...new Set(cells.texts('smsCountries').map((code) => code.toUpperCase()))];
  const unknown = smsCountries.find((code) => !isCountry(code));
  if (unknown) throw new CellError(`smsCountries holds the unknown code ${unknown.slice(0, 8)}`);
  return {
    ...(smsPerHour > 0 && { smsPerHour }),
    ...(mailsPerHour > 0 && { mailsPerHour }),
    ...(smsCountries.length > 0 && { smsCountries }),
  };
}

/**
 * The key pair of the file, so that whoever verifies tokens need change nothing; a new one only where the file has none at all: half a pair
 * would become another one without anybody having asked for it.
 */
async function keysOf(deps: AppRecordDeps, cells: Cells, now: number): Promise<AppKey[]> {
  const privateKey = pemOf(cells, 'appPrivateKey');
  const publicKey = pemOf(cells, 'appPublicKey');
  if (privateKey === undefined && publicKey === undefined) return [await deps.keyPairs.newAppKey(now)];
  if (privateKey === undefined) throw new CellError(`appPrivateKey is empty, ${NEW_KEYS}`);
  if (publicKey === undefined) throw new CellError(`appPublicKey is empty, ${NEW_KEYS}`);
  const others = cells.objects('otherKeys').map((key) => {
    if (typeof key.privateKey !== 'string' || typeof key.publicKey !== 'string')
      throw new CellError('otherKeys lacks a key');
    const imported = readKey(deps, key.privateKey, key.publicKey, Number(key.createdAt) || now);
    if (key.state === 'next') return { ...imported, state: 'next' as const };
    const tokensUntil = Number(key.tokensUntil);
    return {
      ...imported,
      state: 'previous' as const,
      replacedAt: Number(key.replacedAt) || now,
      ...(tokensUntil > 0 && { tokensUntil }),
    };
  });
  return [readKey(deps, privateKey, publicKey, now), ...others];
}

function readKey(
  { keyPairs }: AppRecordDeps,
  privateKey: string,
  publicKey: string,
  createdAt: number,
): AppKey {
  return refusedAs(
    `appPrivateKey and appPublicKey are no RSA key pair of at least 2048 bits, ${NEW_KEYS}`,
    () => keyPairs.importAppKey(privateKey, publicKey, createdAt),
  );
}

function pemOf(cells: Cells, name: string): string | undefined {
  const value = cells.text(name, MAX_PEM);
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function fieldsOf(deps: AppRecordDeps, cells: Cells, column: FieldList): MetadataField[] {
  const fields = cells.objects(column).map(({ id, path, fieldName, required, canEdit }) => {
    if (typeof path !== 'string') throw new CellError(`${column} holds a field without a path`);
    return {
      id: labelOf(id),
      path,
      fieldName: labelOf(fieldName),
      required: required === true,
      canEdit: canEdit === true,
    };
  });
  return refusedAs(`${column} holds a path that cannot be used, twice the same, or too many`, () =>
    importedFields(deps, column, fields),
  );

  function labelOf(value: unknown): string | undefined {
    if (typeof value !== 'string') return undefined;
    if (value.length > FIELD_NAME_LENGTH || !isPlainLine(value))
      throw new CellError(`${column} holds a field whose id or name cannot be used`);
    return value;
  }
}

function hoursOf(cells: Cells, fallback: number): number {
  const hours = cells.number('userJWTExpiration', fallback);
  if (hours <= 0 || hours > HOURS_MAX)
    throw new CellError(`userJWTExpiration is not between 0 and ${HOURS_MAX} hours`);
  return hours;
}

function audiencesOf(cells: Cells): string[] {
  const audiences = cells.texts('userJWTAudience');
  const fit = audiences.every(
    (audience) => audience.length <= SETTING_LENGTHS.audience && isPlainLine(audience),
  );
  if (!fit || audiences.length > AUDIENCES_MAX)
    throw new CellError('userJWTAudience is no list of audiences');
  return audiences;
}

function localesOf(cells: Cells): string[] {
  const locales = cells.texts('locales').map((locale) => locale.toUpperCase());
  const unknown = locales.find((locale) => !LOCALES.has(locale));
  if (unknown) throw new CellError(`locales holds the unknown code ${unknown}`);
  return [...new Set([DEFAULT_LOCALE, ...locales])];
}
