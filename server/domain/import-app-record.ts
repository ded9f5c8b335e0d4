import type { App, AppKey, MetadataField } from '../model/app.ts';
import { DEFAULT_LOCALE, LOCALES } from '../model/locale.ts';
import type { Deps } from '../ports/deps.ts';
import { FIRST_GENERATION } from '../ports/security.ts';
import { newAppSettings } from './apps.ts';
import { PROTOTYPE_NAMES } from './metadata.ts';
import { CellError, type Cells, refusedAs } from './transfer-cells.ts';

type AppRecordDeps = Pick<Deps, 'codes' | 'keyPairs' | 'hostTokens' | 'clock'>;

const MAX_PEM = 16 * 1024;

/**
 * The app of an import: its own key pair and settings, a new id, name, app token and secret (contract §4.5). Columns that the file lacks get
 * what the old host did: `raw` user ids, links that complete at once. Throws `CellError`.
 */
export async function importedApp(
  deps: AppRecordDeps,
  cells: Cells,
  { id, name }: { id: string; name: string },
): Promise<App> {
  const now = deps.clock.now();
  const defaults = newAppSettings();
  const twilio = {
    accountSid: cells.text('TWILIOAccountSid'),
    token: cells.text('TWILIOToken'),
    phoneNumber: cells.text('TWILIOPhoneNumber'),
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
    appleBundleId: cells.text('appleBundleId'),
    googleLoginEnabled: cells.boolean('googleLoginEnabled', false),
    googleClientId: cells.text('googleClientId'),
    emailExtension: cells.boolean('emailExtension', false),
    emailExtensionApiKey: cells.text('emailExtensionAPIKey'),
    emailExtensionSenderEmail: cells.text('emailExtensionSenderEmail'),
    invitationEnabled: cells.boolean('invitationEnabled', true),
    signupEnabled: cells.boolean('signupEnabled', true),
    signupFlow: cells.choice('signupFlow', ['none', 'code', 'link'], 'code'),
    twoFactorVerification: cells.choice('twoFactorVerification', ['none', 'google', 'phone'], 'none'),
    ...(accountSid && token && phoneNumber ? { twilio: { accountSid, token, phoneNumber } } : {}),
    googleAppName: cells.text('googleAppName'),
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
    userJwtExpirationHours: cells.number('userJWTExpiration', defaults.userJwtExpirationHours),
    realmAppId: cells.text('realmAppId'),
    userJwtAudience: cells.texts('userJWTAudience'),
    appData: {},
    metaData: fieldsOf(deps, cells, 'metaData'),
    metaDataInvite: fieldsOf(deps, cells, 'metaDataInvite'),
    metaDataEmail: cells.boolean('metaDataEmail', true),
    locales: localesOf(cells),
    userIdFormat: cells.choice('userIdFormat', ['uid', 'handle', 'raw'], 'raw'),
    linkConfirmation: cells.choice('linkConfirmation', ['button', 'immediate'], 'immediate'),
    hideAccounts: cells.boolean('hideAccounts', false),
    refuseCommonPasswords: cells.boolean('refuseCommonPasswords', false),
    keys: await keysOf(deps, cells, now),
    appToken: await deps.hostTokens.issueAppToken({ appId: id, generation: FIRST_GENERATION }),
    tokenGeneration: FIRST_GENERATION,
    appSecret: await deps.hostTokens.issueAppSecret({ appId: id }),
    createdAt: now,
    updatedAt: now,
  };
}

/** The key pair of the file, so that whoever verifies tokens need change nothing; a new one where an export left secrets out. */
async function keysOf(deps: AppRecordDeps, cells: Cells, now: number): Promise<AppKey[]> {
  const privateKey = pemOf(cells, 'appPrivateKey');
  const publicKey = pemOf(cells, 'appPublicKey');
  if (privateKey === undefined || publicKey === undefined) return [await deps.keyPairs.newAppKey(now)];
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
  return refusedAs('appPrivateKey and appPublicKey are no RSA key pair of at least 2048 bits', () =>
    keyPairs.importAppKey(privateKey, publicKey, createdAt),
  );
}

function pemOf(cells: Cells, name: string): string | undefined {
  const value = cells.text(name, MAX_PEM);
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function fieldsOf(
  { codes }: AppRecordDeps,
  cells: Cells,
  column: 'metaData' | 'metaDataInvite',
): MetadataField[] {
  return cells.objects(column).map(({ id, path, fieldName, required, canEdit }) => {
    const isPath = typeof path === 'string' && /^[^\s.$]{1,64}(\.[^\s.$]{1,64}){0,6}$/.test(path);
    if (!isPath || path.split('.').some((part) => PROTOTYPE_NAMES.has(part)))
      throw new CellError(`${column} holds a path that cannot be used`);
    return {
      id: typeof id === 'string' ? id : codes.newId(),
      path,
      fieldName: typeof fieldName === 'string' ? fieldName : (path.split('.').at(-1) ?? path),
      required: required === true,
      ...(column === 'metaData' && { canEdit: canEdit === true }),
    };
  });
}

function localesOf(cells: Cells): string[] {
  const locales = cells.texts('locales').map((locale) => locale.toUpperCase());
  const unknown = locales.find((locale) => !LOCALES.has(locale));
  if (unknown) throw new CellError(`locales holds the unknown code ${unknown}`);
  return [...new Set([DEFAULT_LOCALE, ...locales])];
}
