import type { App, SignupFlow } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import type { Deps } from '../../ports/deps.ts';
import { FIRST_GENERATION } from '../../ports/security/host-tokens.ts';
import { type Change, change } from '../users/change.ts';
import { initialSettings } from './setting-values.ts';

type NewAppSettings = Omit<
  App,
  'id' | 'name' | 'keys' | 'appToken' | 'tokenGeneration' | 'appSecret' | 'createdAt' | 'updatedAt'
>;

/** What a new app starts with (contract §5.1, operator §7). */
export function newAppSettings(): NewAppSettings {
  return {
    revision: 1,
    lifecycle: 'live',
    ...initialSettings(),
    metaData: [],
    metaDataInvite: [],
    locales: [DEFAULT_LOCALE],
    graceGenerations: [],
  };
}

/**
 * Makes an app with its own key pair, app token and app secret, and answers once it is stored. `by`: `portal`
 * or `setup`. Throws `app_name_taken`, also for the loser of two racing calls.
 */
export async function createApp(
  deps: Pick<Deps, 'store' | 'hostTokens' | 'keyPairs' | 'codes' | 'clock' | 'events' | 'activity'>,
  input: { name: string; jwtEnabled?: boolean | undefined; signupFlow?: SignupFlow | undefined; by: string },
): Promise<App> {
  const { name, jwtEnabled, signupFlow, by } = input;
  // Spares the key pair; the unique key of the store is what decides.
  await requireFreeName(deps, name);
  const id = deps.codes.newId();
  const now = deps.clock.now();
  const app: App = {
    ...newAppSettings(),
    id,
    name,
    ...(jwtEnabled !== undefined && { jwtEnabled }),
    ...(signupFlow !== undefined && { signupFlow }),
    keys: [await deps.keyPairs.newAppKey(now)],
    appToken: await deps.hostTokens.issueAppToken({ appId: id, generation: FIRST_GENERATION }),
    tokenGeneration: FIRST_GENERATION,
    appSecret: await deps.hostTokens.issueAppSecret({ appId: id }),
    createdAt: now,
    updatedAt: now,
  };
  await namingApp(name, () => deps.store.apps.insert(app));
  deps.events.emit('app_created', { appId: id, by });
  // The route cannot log this one: only here is the new app's id known.
  deps.activity.record({ appId: id, action: 'create', value: name, logType: 'app', status: 'success' });
  return app;
}

/**
 * Runs a write of an app record; a conflict names the app (contract §4.6.1) and blames the parameter `field`.
 */
export async function namingApp<T>(name: string, write: () => Promise<T>, field = 'name'): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isHostError(error, 'app_name_taken') ? nameTaken(name, field) : error;
  }
}

/** Throws `app_name_taken` when a live app has that name. */
export async function requireFreeName(
  deps: Pick<Deps, 'store'>,
  name: string,
  field = 'name',
): Promise<void> {
  if (await deps.store.apps.findByName(name)) throw nameTaken(name, field);
}

function nameTaken(name: string, field: string): HostError {
  const because = { reason: 'taken', field } as const;
  return new HostError('app_name_taken', { detail: `an app named "${name}" already exists`, because });
}

/** The app as the store has it now, whatever its status. Throws `app_gone`. */
export async function getAppForPortal(deps: Pick<Deps, 'store'>, appId: string): Promise<App> {
  const app = await deps.store.apps.read(appId);
  if (!app) throw new HostError('app_gone');
  return app;
}

/**
 * As `getAppForPortal`; throws `app_suspended` for every status other than `active`, `migrated` included
 * (contract §4.6).
 */
export async function getActiveAppForPortal(deps: Pick<Deps, 'store'>, appId: string): Promise<App> {
  const app = await getAppForPortal(deps, appId);
  if (app.status !== 'active') throw new HostError('app_suspended');
  return app;
}

/**
 * Changes an app in one write; `changeRecord` decides anew from the record it is given, may answer
 * `undefined` to leave it as it is, or throw to refuse. Throws `app_gone` and `app_name_taken`.
 */
export async function changeApp(
  deps: Pick<Deps, 'store' | 'clock'>,
  appId: string,
  changeRecord: (app: App) => App | undefined | Promise<App | undefined>,
): Promise<Change<App>> {
  const { apps } = deps.store;
  const changed = await change(
    deps.clock,
    apps,
    () => apps.read(appId),
    async (app) => {
      const next = await changeRecord(app);
      return next && { ...next, updatedAt: deps.clock.now() };
    },
  );
  if (!changed) throw new HostError('app_gone');
  return changed;
}

/**
 * Apps newest first. `name`: contained, case-insensitive, taken literally (contract S27); `exact`: the very
 * name.
 */
export function listApps(
  deps: Pick<Deps, 'store'>,
  { name, exact, offset, limit }: { name?: string; exact?: boolean; offset: number; limit: number },
): Promise<App[]> {
  return deps.store.apps.list({ name, exact, offset, limit });
}
