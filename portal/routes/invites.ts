import { eachRow } from '../../client/host/index.ts';
import type { InviteQuery, ListedInvite } from '../../client/host/invites.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { csvDownload } from '../csv.ts';
import { faultOf, unlessRefused } from '../fault.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import {
  choiceFilter,
  countText,
  type Filter,
  filledPage,
  listAddress,
  listModel,
  PAGE_ROWS,
} from '../list.ts';
import { mask } from '../mask.ts';
import { accessOf } from '../roles.ts';

const INVITES = '/invites';
const STATES = ['waiting', 'accepted', 'expired', 'withdrawn'] as const;
/** Who sends for the portal. */
const PORTAL_SENDER = 'superuser';
/** So many invites of a sender are withdrawn by one press. */
const WITHDRAWN_MAX = 500;

/** Offers to join an app. */
export const inviteRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: INVITES, may: 'seeUsers', respond: (request) => list(request) }),
  appRoute({ method: 'GET', path: `${INVITES}/export`, may: 'actOnMany', respond: exportAll }),
  appRoute({ method: 'POST', path: `${INVITES}/resend`, may: 'actOnUser', respond: resend }),
  appRoute({ method: 'POST', path: `${INVITES}/withdraw`, may: 'actOnUser', respond: withdraw }),
  appRoute({ method: 'GET', path: `${INVITES}/withdraw-all`, may: 'actOnMany', respond: askAll }),
  appRoute({ method: 'POST', path: `${INVITES}/withdraw-all`, may: 'actOnMany', respond: withdrawAll }),
];

async function list(request: AppRequest, failure?: string): Promise<PortalReply> {
  const { access, host, app, base, operator, query, texts } = request;
  const asked = askedOf(request);
  if (access === 'masked' && (asked.search ?? asked.sender) !== undefined) throw new Refusal(403);
  const found = await filledPage(query, (after) => host.invites.list({ ...asked, limit: PAGE_ROWS, after }));
  const path = base + INVITES;
  const shown = listModel(path, query, { filters: filtersOf(request), next: found.next });
  const model = {
    rows: found.rows.map((invite) => rowOf(request, invite)),
    list: shown,
    isEmpty: found.rows.length === 0 && !shown.isFiltered,
    count: countText(texts, query, found),
    isOff: !app.invitationEnabled,
    mayAct: accessOf(operator, 'actOnUser') === 'full',
    mayMany: accessOf(operator, 'actOnMany') === 'full',
    sender: asked.sender,
    exportAddress: listAddress(`${path}/export`, query),
    addAddress: `${path}/add`,
    failure,
  };
  return appPage(request, 'invites', 'invites.title', model, { status: failure ? 422 : 200 });
}

function askedOf({ appId, query }: AppRequest): InviteQuery {
  const typed = (name: string) => query.get(name)?.trim() || undefined;
  const state = STATES.find((known) => known === query.get('state'));
  return { appId, state, search: typed('search'), sender: typed('sender') };
}

const COLUMNS = [
  ...['_id', 'handle', 'state', 'senderHandle', 'sentCount', 'lastSentAt'],
  ...['acceptedAt', 'withdrawnAt', 'expiresAt'],
];

async function exportAll(request: AppRequest): Promise<PortalReply> {
  const { app, appId, hostId, audit } = request;
  await audit({ action: 'exportInvites', host: hostId, appId });
  return csvDownload(`${app.name}-invites.csv`, COLUMNS, lines(request));
}

async function* lines(request: AppRequest): AsyncIterable<readonly string[]> {
  const asked = askedOf(request);
  for await (const row of eachRow((paging) => request.host.invites.list({ ...asked, ...paging }))) {
    const { _id, handle, state, senderHandle, sentCount, lastSentAt, expiresAt } = row;
    const { acceptedAt = '', withdrawnAt = '' } = row;
    yield [
      _id,
      handle,
      state,
      senderHandle,
      String(sentCount),
      lastSentAt,
      acceptedAt,
      withdrawnAt,
      expiresAt,
    ];
  }
}

function filtersOf({ access, query, texts }: AppRequest): Filter[] {
  const search = (name: 'search' | 'sender', label: string): Filter => ({
    name,
    label: texts.say(label),
    search: true,
    value: query.get(name) ?? '',
  });
  const state = choiceFilter(texts, query, {
    name: 'state',
    label: texts.say('invites.state'),
    prefix: 'invites.state.',
    values: STATES,
  });
  if (access === 'masked') return [state];
  return [search('search', 'users.search'), search('sender', 'invites.sender'), state];
}

function rowOf({ access, base, texts }: AppRequest, invite: ListedInvite) {
  const { handle, senderHandle, state } = invite;
  const shown = access === 'masked' ? mask : (text: string) => text;
  const isPortals = senderHandle === PORTAL_SENDER;
  return {
    ...invite,
    handle: shown(handle),
    sender: isPortals ? texts.say('invites.portal') : shown(senderHandle),
    senderAddress:
      access === 'masked' ? undefined : `${base}${INVITES}?sender=${encodeURIComponent(senderHandle)}`,
    status: texts.say(`invites.state.${state}`),
    isWaiting: state === 'waiting',
    isOpen: state === 'waiting' || state === 'expired',
  };
}

async function resend(request: AppRequest): Promise<PortalReply> {
  const { host, appId, form } = request;
  const handle = form.get('handle');
  return one(request, 'resendInvite', 'invites.resent', async () => {
    const { rows } = await host.invites.list({ appId, search: handle });
    const open = rows.filter((row) => row.handle === handle && row.state !== 'withdrawn');
    const resent = open.find(({ state }) => state === 'waiting') ?? open[0];
    await host.invites.resend({ appId, handle });
    return resent?._id ?? '';
  });
}

async function withdraw(request: AppRequest): Promise<PortalReply> {
  const { host, appId, form } = request;
  return one(request, 'withdrawInvite', 'invites.withdrawn', async () => {
    const { _id } = await host.invites.withdraw({ appId, handle: form.get('handle') });
    return _id;
  });
}

/** `act` answers the id of the invite, as the host knows it. */
async function one(
  request: AppRequest,
  action: string,
  notice: string,
  act: () => Promise<string>,
): Promise<PortalReply> {
  const { texts, hostId, appId, base, audit } = request;
  let target: string;
  try {
    target = await act();
  } catch (error) {
    return list(request, faultOf(texts, error).text);
  }
  await audit({ action, host: hostId, appId, target });
  return redirect(base + INVITES, { notice });
}

async function askAll(request: AppRequest): Promise<PortalReply> {
  const { query, texts } = request;
  const sender = query.get('sender')?.trim() ?? '';
  if (sender === '') throw new Refusal(404);
  const open = await openOf(request, sender);
  const count = texts.number(Math.min(open.length, WITHDRAWN_MAX));
  return appPage(request, 'invites-withdraw', 'invites.withdrawAll', {
    sender,
    none: open.length === 0,
    text: texts.say(open.length > WITHDRAWN_MAX ? 'invites.withdrawFirst' : 'invites.withdrawText', {
      count,
    }),
  });
}

async function withdrawAll(request: AppRequest): Promise<PortalReply> {
  const { form, host, hostId, appId, base, texts, audit } = request;
  const sender = form.get('sender').trim();
  if (sender === '') throw new Refusal(422);
  const open = (await openOf(request, sender)).slice(0, WITHDRAWN_MAX);
  for (const handle of open) await unlessRefused(host.invites.withdraw({ appId, handle }));
  await audit({ action: 'withdrawInvites', host: hostId, appId, target: texts.number(open.length) });
  return redirect(`${base}${INVITES}?sender=${encodeURIComponent(sender)}`, {
    notice: 'invites.withdrawnAll',
  });
}

/** Handles whom this sender's invites wait for, one more than are withdrawn at once. */
async function openOf({ host, appId }: AppRequest, sender: string): Promise<string[]> {
  const handles: string[] = [];
  const waiting = { appId, sender, state: 'waiting' } as const;
  for await (const { handle } of eachRow((paging) => host.invites.list({ ...waiting, ...paging }))) {
    handles.push(handle);
    if (handles.length > WITHDRAWN_MAX) break;
  }
  return handles;
}
