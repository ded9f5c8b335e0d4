import type { App, AppSettings } from '../../client/host/apps.ts';
import { SETTING_CHOICES } from '../../client/host/setting-choices.ts';

type Name = keyof AppSettings;
/** One setting as a person changes it; `set.<name>` is its label. */
export type Field = { name: Name; required?: boolean } & (
  | { kind: 'flag' }
  /** `set.<name>.<value>` is the label of each. */
  | { kind: 'choice'; values: readonly string[] }
  | { kind: 'text'; type?: 'text' | 'email' | 'url' }
  | { kind: 'number' }
  /** One a line. */
  | { kind: 'lines' }
  /** Never shown: empty keeps it, a box takes it away. */
  | { kind: 'secret' }
);
/** Settings that are saved together; `set.group.<id>` is the heading, `set.group.<id>.hint` what changes. */
export interface Group {
  id: GroupId;
  fields: readonly Field[];
}

export const GROUP_IDS = [
  ...(['join', 'passwords', 'factor', 'providers', 'tokens'] as const),
  ...(['userFields', 'inviteFields', 'links', 'mail', 'languages', 'assets', 'status'] as const),
] as const;
export type GroupId = (typeof GROUP_IDS)[number];

const flag = (name: Name): Field => ({ name, kind: 'flag' });
const number = (name: Name): Field => ({ name, kind: 'number', required: true });
const text = (name: Name, type: 'text' | 'email' | 'url' = 'text'): Field => ({ name, kind: 'text', type });
const lines = (name: Name): Field => ({ name, kind: 'lines' });
const choice = (name: keyof typeof SETTING_CHOICES): Field => ({
  name,
  kind: 'choice',
  values: SETTING_CHOICES[name],
});
const secret = (name: Name): Field => ({ name, kind: 'secret' });

/** Those made of single settings; lists of fields and languages have forms of their own. */
const FIELDS: Partial<Record<GroupId, readonly Field[]>> = {
  join: [
    flag('signupEnabled'),
    choice('signupFlow'),
    choice('handle'),
    number('maxUsers'),
    flag('invitationEnabled'),
    flag('anonymousLoginEnabled'),
    flag('userNamesEnabled'),
    flag('hideAccounts'),
  ],
  passwords: [
    flag('passwordFilter'),
    flag('refuseCommonPasswords'),
    number('passwordMinLength'),
    number('passwordMinUpper'),
    number('passwordMinLower'),
    number('passwordMinDigit'),
    number('passwordMinSpecial'),
    number('maxLoginAttempts'),
  ],
  factor: [
    choice('twoFactorVerification'),
    text('googleAppName'),
    secret('TWILIOAccountSid'),
    secret('TWILIOToken'),
    secret('TWILIOPhoneNumber'),
    number('smsPerHour'),
    lines('smsCountries'),
  ],
  providers: [
    flag('appleLoginEnabled'),
    text('appleBundleId'),
    flag('googleLoginEnabled'),
    text('googleClientId'),
  ],
  tokens: [
    number('userJWTExpiration'),
    choice('userIdFormat'),
    lines('userJWTAudience'),
    text('realmAppId'),
    flag('metaDataEmail'),
    flag('jwtEnabled'),
  ],
  links: [choice('linkConfirmation'), text('appUrl'), text('logoUrl', 'url'), text('brandColor')],
  mail: [
    flag('emailExtension'),
    secret('emailExtensionAPIKey'),
    text('emailExtensionSenderEmail', 'email'),
    number('mailsPerHour'),
  ],
  assets: [
    choice('assetStorage'),
    number('assetMaxMb'),
    number('assetQuotaMb'),
    text('assetTypes'),
    text('assetBucket'),
    text('assetRegion'),
    text('assetEndpoint', 'url'),
    text('assetKeyId'),
    secret('assetSecret'),
    text('assetPublicBase', 'url'),
  ],
  status: [{ name: 'name', kind: 'text', required: true }, choice('type'), choice('status')],
};

/** The group of that name; undefined where there is none. */
export function groupOf(id: string): Group | undefined {
  const known = GROUP_IDS.find((name) => name === id);
  return known && { id: known, fields: FIELDS[known] ?? [] };
}

/** What a group holds now, as a form shows it; two equal texts are the same values. */
export type Typed = Readonly<Record<string, string>>;

/** The values of single settings, as text. */
export function shownValues(app: App, fields: readonly Field[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field.name, shown(app[field.name], field)]));
}

function shown(value: unknown, { kind }: Field): string {
  if (kind === 'flag') return value === true ? 'on' : '';
  if (kind === 'number') return String(value ?? 0);
  if (kind === 'lines') return ((value as string[] | undefined) ?? []).join('\n');
  return value === undefined || value === null ? '' : String(value);
}
