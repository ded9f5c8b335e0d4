import type { BulkAction } from '../../client/host/data.ts';
import { effectOf, type HostClient, HostClientError } from '../../client/host/index.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { faultOf } from '../fault.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { listAddress } from '../list.ts';
import { FILTER_NAMES, filterOf } from './users.ts';

const ACTIONS = ['suspend', 'activate', 'sendPasswordReset', 'delete'] as const;
const MANY = '/users/many';
/** Rows of a page that can be chosen one by one. */
const CHOSEN_MAX = 100;
/** So many users are counted before a filter's number is "more than". */
const COUNT_MAX = 1_000;
/** So many pages are asked for: those a filter finds may be rare among very many. */
const COUNT_PAGES = 12;
const may = 'actOnMany';

/** The same done to many users: to those that were chosen at once, to all of a filter by a job. */
export const usersManyRoutes: PortalRoute[] = [
  appRoute({
    method: 'GET',
    path: MANY,
    may,
    respond: (request) => ask(request, selectionOf(request.query)),
  }),
  appRoute({ method: 'POST', path: MANY, may, respond: (request) => act(request, false) }),
  appRoute({
    method: 'POST',
    path: `${MANY}/delete`,
    may,
    stepUp: true,
    respond: (request) => act(request, true),
  }),
];

/** Whom it is for, as addresses and forms say it. */
interface Selection {
  action: (typeof ACTIONS)[number] | undefined;
  /** Everybody whom the filter finds. */
  all: boolean;
  ids: string[];
  /** Parameters of the list. */
  query: URLSearchParams;
}

function selectionOf(given: URLSearchParams): Selection {
  const query = new URLSearchParams(FILTER_NAMES.map((name) => [name, given.get(name) ?? '']));
  return {
    action: ACTIONS.find((known) => known === given.get('action')),
    all: given.has('all'),
    ids: given
      .getAll('id')
      .filter((id) => /^[\da-f]{24}$/.test(id))
      .slice(0, CHOSEN_MAX),
    query,
  };
}

/** Says what would be done, and to how many. */
async function ask(
  request: AppRequest,
  selection: Selection,
  given: { typed?: string; perHour?: string; fault?: string } = {},
): Promise<PortalReply> {
  const { base, texts, app } = request;
  const { action, all, ids, query } = selection;
  const back = listAddress(`${base}/users`, query);
  if (action === undefined) throw new Refusal(404);
  if (!all && ids.length === 0) return redirect(back, { notice: 'users.noneSelected' });
  const model = {
    action,
    isDeletion: action === 'delete',
    isPaced: all && action === 'sendPasswordReset',
    effect: texts.say(effectKey(action), { users: await countText(request, selection) }),
    button: texts.say(`users.do.${action}`),
    fields: fieldsOf(selection),
    address: base + (action === 'delete' ? `${MANY}/delete` : MANY),
    appTitle: app.name,
    typed: given.typed ?? '',
    perHour: given.perHour ?? '',
    fault: given.fault,
    back,
  };
  return appPage(request, 'users-many', `users.do.${action}`, model, { status: given.fault ? 422 : 200 });
}

function effectKey(action: BulkAction): string {
  switch (action) {
    case 'suspend':
      return effectOf('suspendUsers', { users: 0 }).key;
    case 'delete':
      return effectOf('deleteUsers', { users: 0 }).key;
    case 'sendPasswordReset':
      return effectOf('resetPasswords', { users: 0 }).key;
    case 'activate':
      return 'users.activateEffect';
  }
}

function fieldsOf({ action = 'suspend', all, ids, query }: Selection) {
  return [
    { name: 'action', value: action },
    ...(all ? [{ name: 'all', value: 'yes' }] : ids.map((value) => ({ name: 'id', value }))),
    ...(all ? [...query].map(([name, value]) => ({ name, value })).filter(({ value }) => value !== '') : []),
  ];
}

async function countText(request: AppRequest, { all, ids, query }: Selection): Promise<string> {
  const { texts, host, appId } = request;
  if (!all) return texts.number(ids.length);
  const filter = filterOf(query);
  let count = 0;
  let after: string | undefined;
  for (let pages = 0; pages < COUNT_PAGES && count <= COUNT_MAX; pages++) {
    const { rows, next, total, totalIsExact } = await host.users.list({
      ...filter,
      appId,
      after,
      limit: 100,
    });
    count += rows.length;
    if (next === undefined) return texts.number(count);
    if (total !== undefined)
      return totalIsExact ? texts.number(total) : texts.say('list.about', { count: texts.number(total) });
    after = next;
  }
  if (count > COUNT_MAX) return texts.say('users.moreThan', { count: texts.number(COUNT_MAX) });
  return texts.say('users.atLeast', { count: texts.number(count) });
}

/** `isProven`: the form came by the address that asks for a fresh proof. */
async function act(request: AppRequest, isProven: boolean): Promise<PortalReply> {
  const { form, texts, app, appId, base, host, hostId, audit } = request;
  const selection = selectionOf(new URLSearchParams(form.text));
  const { action, all, ids, query } = selection;
  if (action === undefined || (!all && ids.length === 0)) throw new Refusal(422);
  if ((action === 'delete') !== isProven) throw new Refusal(403);
  const given = { typed: form.get('typed'), perHour: form.get('perHour').trim() };
  if (isProven && given.typed.trim() !== app.name)
    return ask(request, selection, { ...given, fault: texts.say('users.wrongName') });
  if (!/^(?:[1-9]\d{0,5})?$/.test(given.perHour))
    return ask(request, selection, { ...given, fault: texts.say('reason.unknown_value') });
  const told = { action: `many.${action}`, host: hostId, appId };
  if (all) {
    try {
      const perHour = given.perHour === '' ? {} : { perHour: Number(given.perHour) };
      const { job } = await host.jobs.bulk({ appId, filter: filterOf(query), action, ...perHour });
      await audit({ ...told, target: job });
      return redirect(`${base}/users/jobs/${job}`);
    } catch (error) {
      return ask(request, selection, { ...given, fault: faultOf(texts, error).text });
    }
  }
  await audit({ ...told, target: texts.number(ids.length) });
  let left = 0;
  for (const userId of ids) if (!(await one(host, { appId, userId, action }))) left++;
  return redirect(listAddress(`${base}/users`, query), {
    notice: left === 0 ? 'users.manyDone' : 'users.manyPartly',
  });
}

/** False for somebody who is gone meanwhile, or with whom it cannot be done. */
async function one(
  host: HostClient,
  { appId, userId, action }: { appId: string; userId: string; action: BulkAction },
): Promise<boolean> {
  try {
    if (action === 'delete') {
      const { handle } = await host.users.get({ appId, userId });
      await host.users.remove({ appId, handle });
    } else if (action === 'sendPasswordReset') await host.users.sendPasswordReset({ appId, userId });
    else await host.users.setStatus({ appId, userId, status: action === 'suspend' ? 'suspend' : 'active' });
    return true;
  } catch (error) {
    if (error instanceof HostClientError && error.kind === 'refused') return false;
    throw error;
  }
}
