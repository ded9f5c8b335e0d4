import type { App, TwilioAccount, UserIdFormat } from '../../model/app.ts';
import { refused } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { rememberTokens } from './app-keys.ts';
import { requireLocales } from './app-locales.ts';
import { changeApp, namingApp } from './apps.ts';
import { appendFields, checkedFields, type NewField } from './metadata-fields.ts';
import type { Groups } from './setting-entry.ts';
import { SETTINGS, type SettingField } from './setting-table.ts';
import { fieldsOf, keptIn, masked } from './setting-values.ts';

/** What may be changed, already of the right types. `undefined` leaves a setting alone, `null` clears it. */
export type SettingsChange = { [F in 'name' | Extract<SettingField, keyof App>]?: App[F] | null } & {
  [G in keyof Groups]?: Partial<Groups[G]>;
} & {
  /** Fields to append. */
  metaData?: NewField[];
  metaDataInvite?: NewField[];
};

/** Lists of an app that are replaced as a whole. */
export interface WholeLists {
  metaData?: readonly NewField[] | undefined;
  metaDataInvite?: readonly NewField[] | undefined;
  locales?: readonly string[] | undefined;
}

type SettingsDeps = Pick<Deps, 'store' | 'clock' | 'events' | 'texter' | 'codes' | 'assetStorages'>;

/**
 * Changes settings of an app in one write; what is unchanged is no error (contract P9). Throws `app_gone`,
 * `app_name_taken`, and `refused` for what contradicts the rest of the app or its users, with the reason in
 * its detail. `judge` may refuse the app as it is by throwing; the write decides anew if it is not that any
 * more.
 */
export async function changeSettings(
  deps: SettingsDeps,
  input: { appId: string; settings: SettingsChange; lists?: WholeLists; judge?: (app: App) => void },
): Promise<App> {
  const { appId, settings, lists = {}, judge } = input;
  const write = () =>
    changeApp(deps, appId, async (app) => {
      judge?.(app);
      const next = { ...(await applied(deps, app, settings)), ...replaced(deps, app, lists) };
      return changedSettings(app, next).length > 0 ? next : undefined;
    });
  const { before, after } = await namingApp(settings.name ?? '', write);
  if (after.userIdFormat !== before.userIdFormat) await requireStillNoUsers(deps, after, before.userIdFormat);
  const changed = changedSettings(before, after);
  if (changed.length > 0) deps.events.emit('app_setting_changed', { appId, settings: changed });
  return after;
}

function replaced(deps: SettingsDeps, app: App, { metaData, metaDataInvite, locales }: WholeLists) {
  return {
    ...(metaData && { metaData: checkedFields(deps, 'metaData', app.metaData, metaData) }),
    ...(metaDataInvite && {
      metaDataInvite: checkedFields(deps, 'metaDataInvite', app.metaDataInvite, metaDataInvite),
    }),
    ...(locales && { locales: requireLocales(locales) }),
  };
}

async function applied(deps: SettingsDeps, app: App, settings: SettingsChange): Promise<App> {
  const { twilio, passwordRules, metaData, metaDataInvite, ...plain } = withoutMasks(app, settings);
  const given = Object.entries(plain).filter(([, value]) => value !== undefined);
  const values = Object.fromEntries(given.map(([name, value]) => [name, value ?? undefined]));
  const next: App = {
    ...app,
    ...values,
    passwordRules: { ...app.passwordRules, ...passwordRules },
    metaData: appendFields(deps, 'metaData', app.metaData, metaData),
    metaDataInvite: appendFields(deps, 'metaDataInvite', app.metaDataInvite, metaDataInvite),
    ...(twilio && { twilio: wholeAccount(app, twilio) }),
  };
  requireProviderIds(next, settings);
  if (settings.twoFactorVerification === 'phone') requireTexter(deps, app, next);
  if (next.userIdFormat !== app.userIdFormat) await requireNoUsers(deps, app);
  if (next.assetEndpoint !== app.assetEndpoint) await requireEndpoint(deps, next.assetEndpoint);
  if (next.userJwtExpirationHours === app.userJwtExpirationHours) return next;
  const now = deps.clock.now();
  return {
    ...next,
    keys: app.keys.map((key) => (key.state === 'current' ? rememberTokens(key, app, now) : key)),
  };
}

/** The portal sends back what it was shown: a mask stands for the stored value (contract P29). */
function withoutMasks(app: App, settings: SettingsChange): SettingsChange {
  const unmasked = SETTINGS.flatMap(([, entry]) => {
    const stored = entry.masked && keptIn(app, entry);
    const isMask = typeof stored === 'string' && keptIn(settings, entry) === masked(stored);
    return isMask ? [[entry, stored] as const] : [];
  });
  return { ...settings, ...fieldsOf(unmasked, settings) };
}

function wholeAccount(app: App, given: Partial<TwilioAccount>): App['twilio'] {
  const { accountSid, token, phoneNumber } = { ...app.twilio, ...given };
  if (!accountSid && !token && !phoneNumber) return undefined;
  const field = !accountSid ? 'TWILIOAccountSid' : !token ? 'TWILIOToken' : 'TWILIOPhoneNumber';
  if (!accountSid || !token || !phoneNumber) {
    const detail = 'TWILIOAccountSid, TWILIOToken and TWILIOPhoneNumber are needed together';
    throw refused(detail, { reason: 'missing', field });
  }
  return { accountSid, token, phoneNumber };
}

function requireProviderIds(next: App, settings: SettingsChange): void {
  const missing = (field: string) => refused(`${field} is missing`, { reason: 'missing', field });
  if (settings.appleBundleId === null && next.appleLoginEnabled) throw missing('appleBundleId');
  if (settings.googleClientId === null && next.googleLoginEnabled) throw missing('googleClientId');
}

/**
 * An app may only demand codes by SMS that can be sent; one that was moved in without its account may be
 * saved as it is.
 */
function requireTexter({ texter }: Pick<Deps, 'texter'>, app: App, next: App): void {
  const wasWithout = app.twoFactorVerification === 'phone' && !texter.available(app);
  if (!wasWithout && !texter.available(next))
    throw refused('neither the app nor the host has an SMS account', {
      reason: 'unknown_value',
      field: 'twoFactorVerification',
    });
}

/** Where the host may not go, no setting sends it (threats R44). */
async function requireEndpoint(
  { assetStorages }: Pick<Deps, 'assetStorages'>,
  endpoint: string | undefined,
): Promise<void> {
  if (endpoint === undefined || (await assetStorages.mayAsk(endpoint))) return;
  throw refused('assetEndpoint lies in a network that this host does not ask (ASSET_PRIVATE_ENDPOINTS)', {
    reason: 'unknown_value',
    field: 'assetEndpoint',
  });
}

/** Identifiers of users must never change under them. */
async function requireNoUsers(deps: Pick<Deps, 'store'>, app: App): Promise<void> {
  if ((await deps.store.users.size(app.id)) > 0)
    throw refused('userIdFormat can be changed only while the app has no users', {
      reason: 'unknown_value',
      field: 'userIdFormat',
    });
}

/** Who joined between the look and the write keeps the identifier they joined with. */
async function requireStillNoUsers(deps: SettingsDeps, app: App, userIdFormat: UserIdFormat): Promise<void> {
  try {
    await requireNoUsers(deps, app);
  } catch (error) {
    await changeApp(deps, app.id, (current) => ({ ...current, userIdFormat }));
    throw error;
  }
}

/** What changes beside settings. */
const UNNAMED: ReadonlySet<keyof App> = new Set(['keys', 'revision', 'updatedAt']);

/** Names of the settings that differ. */
function changedSettings(before: App, after: App): string[] {
  const names = Object.keys({ ...before, ...after }) as (keyof App)[];
  return names.filter(
    (name) => !UNNAMED.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}
