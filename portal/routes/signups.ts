import { eachRow } from '../../client/host/index.ts';
import type { ListedSignup, SignupQuery } from '../../client/host/signups.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { csvDownload } from '../csv.ts';
import { faultOf } from '../fault.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { choiceFilter, countText, filledPage, listAddress, listModel, PAGE_ROWS } from '../list.ts';
import { mask } from '../mask.ts';
import { accessOf } from '../roles.ts';

const SIGNUPS = '/signups';
const STATES = ['waiting', 'verified', 'expired'] as const;

/** Requests to join an app. */
export const signupRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: SIGNUPS, may: 'seeUsers', respond: (request) => list(request) }),
  appRoute({ method: 'GET', path: `${SIGNUPS}/export`, may: 'actOnMany', respond: exportAll }),
  appRoute({ method: 'GET', path: `${SIGNUPS}/confirm`, may: 'actOnUser', respond: ask }),
  appRoute({ method: 'POST', path: `${SIGNUPS}/confirm`, may: 'actOnUser', respond: confirm }),
  appRoute({ method: 'POST', path: `${SIGNUPS}/resend`, may: 'actOnUser', respond: resend }),
  appRoute({ method: 'POST', path: `${SIGNUPS}/remove`, may: 'actOnUser', respond: remove }),
];

async function list(request: AppRequest, failure?: string): Promise<PortalReply> {
  const { access, host, base, operator, query, texts } = request;
  const search = query.get('search') ?? '';
  if (access === 'masked' && search !== '') throw new Refusal(403);
  const asked = { ...askedOf(request), limit: PAGE_ROWS };
  const found = await filledPage(query, (after) => host.signups.list({ ...asked, after }));
  const state = choiceFilter(texts, query, {
    name: 'state',
    label: texts.say('signups.state'),
    prefix: 'signups.state.',
    values: STATES,
  });
  const byHandle = { name: 'search', label: texts.say('users.search'), search: true, value: search } as const;
  const filters = access === 'masked' ? [state] : [byHandle, state];
  const path = base + SIGNUPS;
  const model = {
    rows: found.rows.map((signup) => rowOf(request, signup)),
    list: listModel(path, query, { filters, next: found.next }),
    count: countText(texts, query, found),
    mayAct: accessOf(operator, 'actOnUser') === 'full',
    exportAddress:
      accessOf(operator, 'actOnMany') === 'full' ? listAddress(`${path}/export`, query) : undefined,
    failure,
  };
  return appPage(request, 'signups', 'signups.title', model, { status: failure ? 422 : 200 });
}

function askedOf({ appId, query }: AppRequest): SignupQuery {
  const state = STATES.find((known) => known === query.get('state'));
  return { appId, state, search: query.get('search')?.trim() || undefined };
}

const COLUMNS = [
  '_id',
  'handle',
  'state',
  'startedAt',
  'requests',
  'openedAt',
  'verifiedAt',
  'locale',
  'flow',
];

async function exportAll(request: AppRequest): Promise<PortalReply> {
  const { app, appId, hostId, audit } = request;
  await audit({ action: 'exportSignups', host: hostId, appId });
  return csvDownload(`${app.name}-signups.csv`, COLUMNS, lines(request));
}

async function* lines(request: AppRequest): AsyncIterable<readonly string[]> {
  const asked = askedOf(request);
  for await (const row of eachRow((paging) => request.host.signups.list({ ...asked, ...paging }))) {
    const { _id, handle, state, startedAt, requests, openedAt = '', verifiedAt = '', locale, flow } = row;
    yield [_id, handle, state, startedAt, String(requests), openedAt, verifiedAt, locale, flow];
  }
}

function rowOf({ access, base, texts }: AppRequest, signup: ListedSignup) {
  const { handle, state, flow, requests } = signup;
  const name = `signups.flow.${flow}`;
  return {
    ...signup,
    handle: access === 'masked' ? mask(handle) : handle,
    status: texts.say(`signups.state.${state}`),
    flow: texts.has(name) ? texts.say(name) : flow,
    isWaiting: state === 'waiting',
    isSent: state === 'waiting' && flow !== 'none',
    // Each request sends one, except where no message belongs to a signup.
    sent: flow === 'none' ? '–' : texts.number(requests),
    confirmAddress: `${base}${SIGNUPS}/confirm?handle=${encodeURIComponent(handle)}`,
  };
}

async function ask(request: AppRequest): Promise<PortalReply> {
  const handle = request.query.get('handle') ?? '';
  if (handle === '') throw new Refusal(404);
  return appPage(request, 'signup-confirm', 'signups.confirm', { handle });
}

async function confirm(request: AppRequest): Promise<PortalReply> {
  const { form, texts, host, hostId, appId, base, audit } = request;
  try {
    const { _id } = await host.signups.confirm({ appId, handle: form.get('handle') });
    await audit({ action: 'confirmSignup', host: hostId, appId, target: _id });
    return redirect(`${base}/users/${_id}`, { notice: 'signups.confirmed' });
  } catch (error) {
    return list(request, faultOf(texts, error).text);
  }
}

async function resend(request: AppRequest): Promise<PortalReply> {
  const { form, texts, host, hostId, appId, base, audit } = request;
  const handle = form.get('handle');
  const { rows } = await host.signups.list({ appId, search: handle, state: 'waiting' });
  try {
    await host.signups.resend({ appId, handle });
  } catch (error) {
    return list(request, faultOf(texts, error).text);
  }
  const target = rows.find((row) => row.handle === handle)?._id ?? '';
  await audit({ action: 'resendSignup', host: hostId, appId, target });
  return redirect(base + SIGNUPS, { notice: 'signups.resent' });
}

async function remove(request: AppRequest): Promise<PortalReply> {
  const { form, texts, host, hostId, appId, base, audit } = request;
  const signup = { appId, handle: form.get('handle'), _id: form.get('id') };
  try {
    await host.signups.remove(signup);
  } catch (error) {
    return list(request, faultOf(texts, error).text);
  }
  await audit({ action: 'removeSignup', host: hostId, appId, target: signup._id });
  return redirect(base + SIGNUPS, { notice: 'signups.removed' });
}
