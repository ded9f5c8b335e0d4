import { type App, type AppKey, currentKey, type MetadataField } from '../../model/app.ts';
import { DEFAULT_LOCALE, LOCALES } from '../../model/locale.ts';
import { FIELD_NAME_LENGTH, isPlainLine } from '../../model/portal-limits.ts';
import type { Deps } from '../../ports/deps.ts';
import { type FieldList, importedFields } from '../apps/metadata-fields.ts';
import { CellError, type Cells, cellOf, refusedAs } from './cells.ts';
import { columnsOf, DATES, kept, notRead } from './columns.ts';
import { SETTING_COLUMNS } from './setting-columns.ts';

type AppRowDeps = Pick<Deps, 'codes' | 'keyPairs' | 'clock'>;
interface AppRow {
  deps: AppRowDeps;
  cells: Cells;
}

const MAX_PEM = 16 * 1024;
const NEW_KEYS =
  'so whoever verifies tokens would have to change: send newKeys=true with the file to give the app a new key pair';

const base64 = (pem: string | undefined) => (pem === undefined ? '' : Buffer.from(pem).toString('base64'));

/** What is no setting. An import gives the app an id, a name, a token, a secret and dates of its own. */
export const OWN_APP_COLUMNS = columnsOf<App, AppRow>()([
  { name: 'appId', write: ({ id }) => id, read: notRead },
  { name: 'name', write: ({ name }) => name, read: notRead },
  { name: 'appToken', secret: true, write: ({ appToken }) => appToken, read: notRead },
  { name: 'appSecret', secret: true, write: ({ appSecret }) => appSecret, read: notRead },
  { ...DATES.createdAt, read: notRead },
  { ...DATES.updatedAt, read: notRead },
  { name: 'appData', write: ({ appData }) => cellOf(appData), read: () => ({ appData: {} }) },
  kept('metaData', 'metaData', (row: AppRow) => metadataFieldsOf(row, 'metaData')),
  kept('metaDataInvite', 'metaDataInvite', (row: AppRow) => metadataFieldsOf(row, 'metaDataInvite')),
  kept('locales', 'locales', localesOf),
  // The three columns of keys are read together: see `keysOf`.
  { name: 'appPrivateKey', secret: true, write: (app) => base64(currentKey(app)?.privateKey), read: notRead },
  { name: 'appPublicKey', write: (app) => base64(currentKey(app)?.publicKey), read: notRead },
  {
    name: 'otherKeys',
    secret: true,
    write: ({ keys }) => cellOf(keys.filter(({ state }) => state !== 'current')),
    read: notRead,
  },
]);

/**
 * The old host's columns in its order, then ours in the order in which they came (contract §4.5): files are
 * read by position, too.
 */
const FIRST =
  'name status jwtEnabled appPrivateKey appPublicKey appToken appSecret handle invitationEnabled signupEnabled signupFlow ' +
  'twoFactorVerification emailExtension emailExtensionAPIKey emailExtensionSenderEmail TWILIOAccountSid TWILIOToken ' +
  'TWILIOPhoneNumber googleAppName maxLoginAttempts passwordFilter passwordMinLength passwordMinUpper passwordMinLower ' +
  'passwordMinDigit passwordMinSpecial userJWTExpiration realmAppId appData metaDataInvite metaData metaDataEmail locales ' +
  'createdAt updatedAt appId type anonymousLoginEnabled userNamesEnabled appleLoginEnabled appleBundleId googleLoginEnabled ' +
  'googleClientId maxUsers userIdFormat linkConfirmation userJWTAudience hideAccounts refuseCommonPasswords smsPerHour mailsPerHour smsCountries otherKeys';

/** All columns of an app; whatever is added stands last. */
export const APP_COLUMNS = inOrder([...OWN_APP_COLUMNS, ...SETTING_COLUMNS], FIRST.split(' '));

function inOrder<C extends { name: string }>(columns: readonly C[], first: readonly string[]): C[] {
  const place = ({ name }: C) => (first.includes(name) ? first.indexOf(name) : first.length);
  return columns.toSorted((one, other) => place(one) - place(other));
}

/**
 * The key pair of the file, so that whoever verifies tokens need change nothing; a new one only where the
 * file has none at all: half a pair would become another one without anybody having asked for it. Throws
 * `CellError`.
 */
export async function keysOf({ deps, cells }: AppRow): Promise<AppKey[]> {
  const now = deps.clock.now();
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

function readKey({ keyPairs }: AppRowDeps, privateKey: string, publicKey: string, createdAt: number): AppKey {
  return refusedAs(
    `appPrivateKey and appPublicKey are no RSA key pair of at least 2048 bits, ${NEW_KEYS}`,
    () => keyPairs.importAppKey(privateKey, publicKey, createdAt),
  );
}

function pemOf(cells: Cells, name: string): string | undefined {
  const value = cells.text(name, MAX_PEM);
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function metadataFieldsOf({ deps, cells }: AppRow, column: FieldList): MetadataField[] {
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

function localesOf({ cells }: AppRow): string[] {
  const locales = cells.texts('locales').map((locale) => locale.toUpperCase());
  const unknown = locales.find((locale) => !LOCALES.has(locale));
  if (unknown) throw new CellError(`locales holds the unknown code ${unknown}`);
  return [...new Set([DEFAULT_LOCALE, ...locales])];
}
