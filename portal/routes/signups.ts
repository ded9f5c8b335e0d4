import type { ListedSignup } from '../../client/host/signups.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { faultOf } from '../fault.ts';
import { type PortalReply, type PortalRoute, Refusal, redirect } from '../frame/route.ts';
import { choiceFilter, countText, listModel, PAGE_ROWS } from '../list.ts';
import { mask } from '../mask.ts';
import { accessOf } from '../roles.ts';

const SIGNUPS = '/signups';
const STATES = ['waiting', 'verified', 'expired'] as const;

/** Requests to join an app. */
export const signupRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: SIGNUPS, may: 'seeUsers', respond: (request) => list(request) }),
  appRoute({ method: 'GET', path: `${SIGNUPS}/confirm`, may: 'actOnUser', respond: ask }),
  appRoute({ method: 'POST', path: `${SIGNUPS}/confirm`, may: 'actOnUser', respond: confirm }),
  appRoute({ method: 'POST', path: `${SIGNUPS}/remove`, may: 'actOnUser', respond: remove }),
];

async function list(request: AppRequest, failure?: string): Promise<PortalReply> {
  const { access, host, appId, base, operator, query, texts } = request;
  const search = query.get('search') ?? '';
  if (access === 'masked' && search !== '') throw new Refusal(403);
  const found = await host.signups.list({
    ...{ appId, search: search || undefined, limit: PAGE_ROWS, after: query.get('after') ?? '' },
    state: STATES.find((state) => state === query.get('state')),
  });
  const state = choiceFilter(texts, query, {
    ...{ name: 'state', label: texts.say('signups.state'), prefix: 'signups.state.', values: STATES },
  });
  const byHandle = { name: 'search', label: texts.say('users.search'), search: true, value: search } as const;
  const filters = access === 'masked' ? [state] : [byHandle, state];
  const path = base + SIGNUPS;
  const model = {
    rows: found.rows.map((signup) => rowOf(request, signup)),
    list: listModel(path, query, { filters, next: found.next }),
    count: countText(texts, found),
    mayAct: accessOf(operator, 'actOnUser') === 'full',
    failure,
  };
  return appPage(request, 'signups', 'signups.title', model, { status: failure ? 422 : 200 });
}

function rowOf({ access, base, texts }: AppRequest, signup: ListedSignup) {
  const { handle, state, flow } = signup;
  const name = `signups.flow.${flow}`;
  return {
    ...signup,
    handle: access === 'masked' ? mask(handle) : handle,
    status: texts.say(`signups.state.${state}`),
    flow: texts.has(name) ? texts.say(name) : flow,
    isWaiting: state === 'waiting',
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
