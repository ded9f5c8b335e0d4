import type { HostClient } from '../../client/host/index.ts';
import { eachRow, effectOf } from '../../client/host/index.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { faultOf } from '../fault.ts';
import { download, type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import type { Action } from '../roles.ts';
import { userOf, userPage } from './user.ts';

const USER = '/users/:id';

interface Who {
  appId: string;
  userId: string;
}

/** What the buttons of a user's page do: last part of the address, line of the audit, call of the host. */
const ACTIONS: readonly {
  name: string;
  audit: string;
  act(host: HostClient, who: Who): Promise<true>;
}[] = [
  {
    name: 'suspend',
    audit: 'suspendUser',
    act: (host, who) => host.users.setStatus({ ...who, status: 'suspend' }),
  },
  {
    name: 'activate',
    audit: 'activateUser',
    act: (host, who) => host.users.setStatus({ ...who, status: 'active' }),
  },
  { name: 'unlock', audit: 'unlockUser', act: (host, who) => host.users.unlock(who) },
  { name: 'endSessions', audit: 'endUserSessions', act: (host, who) => host.users.endSessions(who) },
  { name: 'sendReset', audit: 'sendReset', act: (host, who) => host.users.sendPasswordReset(who) },
];

/** What an operator does to one user. */
export const userActionRoutes: PortalRoute[] = [
  ...ACTIONS.map(({ name, audit, act }) =>
    posted(name, 'actOnUser', async (request) => {
      const { _id } = await userOf(request);
      return done(request, _id, { audit, notice: `user.done.${name}` }, (who) => act(request.host, who));
    }),
  ),
  appRoute({
    method: 'POST',
    path: `${USER}/factor`,
    may: 'disableFactor',
    stepUp: true,
    respond: switchOffFactor,
  }),
  appRoute({ method: 'GET', path: `${USER}/export`, may: 'exportPerson', respond: exportPerson }),
  appRoute({ method: 'GET', path: `${USER}/delete`, may: 'deleteUser', respond: askDelete }),
  posted('delete', 'deleteUser', remove),
];

function posted(
  name: string,
  may: Action,
  respond: (request: AppRequest) => Promise<PortalReply>,
): PortalRoute {
  return appRoute({ method: 'POST', path: `${USER}/${name}`, may, respond });
}

/** Does it and says so, or says above the page what the host had against it. */
async function done(
  request: AppRequest,
  userId: string,
  told: { audit: string; notice: string },
  act: (who: Who) => Promise<true>,
): Promise<PortalReply> {
  const { form, texts, appId, hostId, base, audit } = request;
  try {
    await act({ appId, userId });
  } catch (error) {
    return userPage(request, { form, fault: faultOf(texts, error) });
  }
  await audit({ action: told.audit, host: hostId, appId, target: userId });
  return redirect(`${base}/users/${userId}`, { notice: told.notice });
}

async function switchOffFactor(request: AppRequest): Promise<PortalReply> {
  const { form, texts, host } = request;
  const { _id } = await userOf(request);
  const why = form.get('why').trim();
  if (why === '')
    return userPage(request, { form, fault: { field: 'why', text: texts.say('user.whyMissing') } });
  const told = { audit: 'disableUserFactor', notice: 'user.done.factor' };
  return done(request, _id, told, (who) => host.users.disableSecondFactor({ ...who, why }));
}

async function askDelete(request: AppRequest): Promise<PortalReply> {
  const { base, texts } = request;
  const { _id, handle } = await userOf(request);
  const { key, values } = effectOf('deleteUsers', { users: 1 });
  const address = `${base}/users/${_id}`;
  return appPage(request, 'user-delete', 'user.delete', { address, handle, effect: texts.say(key, values) });
}

async function remove(request: AppRequest): Promise<PortalReply> {
  const { form, texts, host, appId, hostId, base, audit } = request;
  const { _id, handle } = await userOf(request);
  try {
    await host.users.remove({ appId, handle });
  } catch (error) {
    return userPage(request, { form, fault: faultOf(texts, error) });
  }
  await audit({ action: 'deleteUser', host: hostId, appId, target: _id });
  return redirect(`${base}/users`, { notice: 'user.done.delete' });
}

/** Everything that the host tells of a person, for the person: the account, invitations, the log. */
async function exportPerson(request: AppRequest): Promise<PortalReply> {
  const { hostId, appId, audit } = request;
  const user = await userOf(request);
  await audit({ action: 'exportUser', host: hostId, appId, target: user._id });
  return download(`user-${user._id}.json`, 'application/json; charset=utf-8', personText(request, user));
}

async function* personText(
  { host, appId }: AppRequest,
  { revision: _, ...user }: Awaited<ReturnType<typeof userOf>>,
): AsyncIterable<string> {
  yield `{\n"user": ${JSON.stringify(user, null, 2)},\n"invites": [`;
  yield* joined(eachRow((paging) => host.invites.list({ appId, sender: user.handle, ...paging })));
  yield '],\n"log": [';
  yield* joined(eachRow((paging) => host.logs.list({ appId, userId: user._id, ...paging })));
  yield ']\n}\n';
}

async function* joined(rows: AsyncIterable<unknown>): AsyncIterable<string> {
  let mark = '\n';
  for await (const row of rows) {
    yield mark + JSON.stringify(row);
    mark = ',\n';
  }
}
