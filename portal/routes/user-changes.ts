import type { ListedUser, Metadata } from '../../client/host/user.ts';
import type { UserChange, UserDetail } from '../../client/host/users.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { faultOf, isStale } from '../fault.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { staleModel } from '../stale.ts';
import { metadataInputs, metadataOf } from '../user-metadata.ts';
import { userOf, userPage } from './user.ts';

const USER = '/users/:id';

/** Changes of a user by the forms of their page, each for the row that it was filled in from. */
export const userChangeRoutes: PortalRoute[] = [
  appRoute({ method: 'POST', path: `${USER}/profile`, may: 'actOnUser', respond: changeProfile }),
  appRoute({ method: 'POST', path: `${USER}/metadata`, may: 'actOnUser', respond: changeMetadata }),
  appRoute({
    method: 'POST',
    path: `${USER}/identity`,
    may: 'changeHandle',
    stepUp: true,
    respond: changeIdentity,
  }),
];

async function changeProfile(request: AppRequest): Promise<PortalReply> {
  const user = await userOf(request);
  return change(request, user, differing(request, user, ['userName', 'locale']));
}

async function changeIdentity(request: AppRequest): Promise<PortalReply> {
  const user = await userOf(request);
  return change(request, user, differing(request, user, ['handle', 'phone']));
}

/** Only what was typed anew: a field of before may hold what the host would not take today. */
function differing(
  { form }: AppRequest,
  user: UserDetail,
  names: readonly ('userName' | 'locale' | 'handle' | 'phone')[],
): UserChange {
  const given = names.filter((name) => form.has(name)).map((name) => [name, form.get(name).trim()] as const);
  return Object.fromEntries(given.filter(([name, value]) => value !== (user[name] ?? '')));
}

async function changeMetadata(request: AppRequest): Promise<PortalReply> {
  const { form, app, texts } = request;
  const user = await userOf(request);
  const refuse = (text: string) => userPage(request, { form, fault: { field: 'metaData', text } });
  if (form.has('json')) {
    const metaData = objectOf(form.get('json'));
    return metaData ? change(request, user, { metaData }) : refuse(texts.say('user.noObject'));
  }
  const before = user.metaData ?? {};
  const paths = metadataInputs(app.metaData, before).map(({ path }) => path);
  const typed = metadataOf(form, paths, before);
  if (typed.wrong !== undefined) return refuse(texts.say('user.wrongValue', { path: typed.wrong }));
  return change(request, user, { metaData: typed.metadata });
}

/** An object of JSON text; undefined for anything else. */
function objectOf(text: string): Metadata | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Metadata)
      : undefined;
  } catch {
    return undefined;
  }
}

async function change(request: AppRequest, user: UserDetail, wanted: UserChange): Promise<PortalReply> {
  const { form, texts, host, hostId, appId, base, audit } = request;
  const back = `${base}/users/${user._id}`;
  if (Object.keys(wanted).length === 0) return redirect(back, { notice: 'saved' });
  try {
    await host.users.update({ appId, userId: user._id, revision: form.get('revision'), ...wanted });
  } catch (error) {
    if (isStale(error)) return stale(request, error.current as ListedUser, wanted);
    return userPage(request, { form, fault: faultOf(texts, error) });
  }
  const changes = Object.keys(wanted).map((field) => ({ field }));
  await audit({ action: 'changeUser', host: hostId, appId, target: user._id, changes });
  return redirect(back, { notice: 'saved' });
}

const LABELS: Readonly<Record<keyof UserChange, string>> = {
  handle: 'users.handle',
  userName: 'user.userName',
  locale: 'language',
  phone: 'user.phone',
  status: 'users.status',
  metaData: 'user.metadata',
};

/** Somebody else changed the user meanwhile: both values, and the choice. */
function stale(request: AppRequest, current: ListedUser, wanted: UserChange): Promise<PortalReply> {
  const { form, path, base, texts } = request;
  const fields = Object.keys(wanted) as (keyof UserChange)[];
  const differences = fields
    .map((field) => ({
      label: texts.say(LABELS[field]),
      mine: textOf(wanted[field]),
      theirs: textOf(current[field]),
    }))
    .filter(({ mine, theirs }) => mine !== theirs);
  const model = staleModel(texts, form, {
    action: path,
    back: `${base}/users/${current._id}`,
    differences,
    over: { revision: current.revision },
  });
  return appPage(request, 'stale', 'stale.title', model, { status: 409 });
}

function textOf(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
