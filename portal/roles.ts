import { isLoopback } from '../server/model/config.ts';
import type { Role } from '../server/model/operator.ts';

/** How far a role gets: everything, personal data masked, own rows only, or not at all. */
export type Access = 'full' | 'masked' | 'own' | 'none';

/** Columns: owner, admin, support, viewer. `+` full, `m` masked, `o` own rows, `-` none. */
const TABLE = {
  seeApps: '+++m',
  seeNumbers: '+++m',
  seeLogs: '+++m',
  seeUsers: '+++m',
  searchUsers: '+++-',
  actOnUser: '+++-',
  disableFactor: '+++-',
  deleteUser: '+++-',
  changeHandle: '++--',
  actOnMany: '++--',
  exportPerson: '++--',
  seeSettings: '++--',
  changeSettings: '++--',
  seeTexts: '++--',
  changeTexts: '++--',
  seeDelivery: '+++m',
  createApp: '++--',
  useKeys: '++--',
  useData: '++--',
  seeHost: '++--',
  testHost: '++--',
  seeHosts: '++++',
  changeHosts: '+---',
  seeAssets: '+++m',
  changeAssets: '++--',
  manageOperators: '+---',
  seeAudit: '+ooo',
  ownAccount: '++++',
} as const;
/** What a route asks for before it answers. */
export type Action = keyof typeof TABLE;

const COLUMN: Readonly<Record<Role, number>> = { owner: 0, admin: 1, support: 2, viewer: 3 };
const MEANING: Readonly<Record<string, Access>> = { '+': 'full', m: 'masked', o: 'own', '-': 'none' };
/** What somebody limited to named apps never does, whatever the role. */
const NEEDS_ALL_APPS: readonly Action[] = [
  'createApp',
  'seeHost',
  'testHost',
  'changeHosts',
  'manageOperators',
];

export const ACTIONS = Object.keys(TABLE) as Action[];

/** How far this operator gets with that action. */
export function accessOf({ role, apps }: { role: Role; apps?: readonly unknown[] }, action: Action): Access {
  if (apps !== undefined && NEEDS_ALL_APPS.includes(action)) return 'none';
  return MEANING[TABLE[action].charAt(COLUMN[role])] ?? 'none';
}

/** Whether an owner has to switch the second factor on before anything else: where the host is not local. */
export function owesFactor(
  { role, totpSecret }: { role: Role; totpSecret?: string | undefined },
  apiUrl: string,
): boolean {
  return role === 'owner' && totpSecret === undefined && !isLoopback(new URL(apiUrl).hostname);
}

/** Whether an app may be seen at all; where not, its name appears nowhere and its address is 404. */
export function seesApp(
  { apps }: { apps?: readonly { host: string; appId: string }[] },
  host: string,
  appId: string,
): boolean {
  return apps?.some((limit) => limit.host === host && limit.appId === appId) ?? true;
}
