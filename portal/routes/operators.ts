import { operatorEmail } from '../../server/domain/operators/account.ts';
import { issueEntry } from '../../server/domain/operators/entry.ts';
import { changeRole, type RoleChange, removeOperator } from '../../server/domain/operators/operators.ts';
import { sessionsOf } from '../../server/domain/operators/sessions.ts';
import { portalOrigin } from '../../server/model/config.ts';
import { type AppLimit, type Operator, ROLES, type Role } from '../../server/model/operator.ts';
import { Refusal } from '../frame/refusal.ts';
import {
  operatorRoute,
  type PortalReply,
  type PortalRoute,
  page,
  type Request,
  redirect,
} from '../frame/route.ts';
import { HERE } from '../host-client.ts';

const LIST = '/portal/operators';
const may = 'manageOperators';

/** Who signs in here, and what they may do. Every change asks for a fresh proof. */
export const operatorRoutes: PortalRoute[] = [
  operatorRoute({ method: 'GET', path: LIST, may, respond: (request) => list(request) }),
  operatorRoute({
    method: 'GET',
    path: `${LIST}/invite`,
    may,
    respond: async (request) => inviteForm(request),
  }),
  operatorRoute({ method: 'POST', path: `${LIST}/invite`, may, stepUp: true, respond: invite }),
  operatorRoute({ method: 'GET', path: `${LIST}/:id`, may, respond: show }),
  operatorRoute({ method: 'POST', path: `${LIST}/:id`, may, stepUp: true, respond: change }),
  operatorRoute({ method: 'POST', path: `${LIST}/:id/link`, may, stepUp: true, respond: renewLink }),
  operatorRoute({ method: 'POST', path: `${LIST}/:id/sessions`, may, stepUp: true, respond: endSessions }),
  operatorRoute({ method: 'POST', path: `${LIST}/:id/remove`, may, stepUp: true, respond: remove }),
];

async function list(request: Request, failure?: string): Promise<PortalReply> {
  const { deps, operator: own } = request;
  const now = deps.clock.now();
  const rows = await Promise.all(
    (await deps.store.operators.list()).map(async (operator) => ({
      id: operator.id,
      email: operator.email,
      roles: rolesOf(request, operator.role),
      apps: limitText(operator),
      factor: operator.totpSecret !== undefined,
      entered: operator.enteredAt !== undefined,
      linkUntil: operator.entry && operator.entry.until > now ? operator.entry.until : undefined,
      lastSignIn: operator.lastSignIn,
      sessions: (await sessionsOf(deps, operator)).length,
      self: operator.id === own.id,
    })),
  );
  return page('operators', 'operators.title', { rows, failure }, { status: failure ? 422 : 200 });
}

function rolesOf({ texts }: Request, chosen: string) {
  return ROLES.map((value) => ({ value, label: texts.say(`role.${value}`), chosen: value === chosen }));
}

function inviteForm(
  request: Request,
  given: { email: string; role: string; apps: string } = { email: '', role: 'viewer', apps: '' },
  errors: { email?: string; apps?: string } = {},
): PortalReply {
  const model = {
    ...given,
    roles: rolesOf(request, given.role),
    errors: { email: errors.email, apps: errors.apps },
  };
  return page('invite', 'operators.invite', model, { status: errors.email || errors.apps ? 422 : 200 });
}

async function invite(request: Request): Promise<PortalReply> {
  const { deps, operator, address, form, texts } = request;
  const given = { email: form.get('email'), role: form.get('role'), apps: form.get('apps') };
  const email = operatorEmail(given.email);
  const apps = parseLimit(given.apps);
  if (email === undefined) return inviteForm(request, given, { email: texts.say('operators.noEmail') });
  if (apps === 'wrong') return inviteForm(request, given, { apps: texts.say('operators.wrongApps') });
  if (await deps.store.operators.findByEmail(email))
    return inviteForm(request, given, { email: texts.say('operators.taken') });
  const issued = await issueEntry(deps, { operator, address }, { email, role: roleOf(given.role), apps });
  if (!issued) throw new Refusal(422);
  return linkPage(request, issued);
}

async function renewLink(request: Request): Promise<PortalReply> {
  const { deps, operator, address } = request;
  const { email, role } = await operatorOf(request);
  const issued = await issueEntry(deps, { operator, address }, { email, role });
  if (!issued) throw new Refusal(404);
  return linkPage(request, issued);
}

function linkPage(
  { deps }: Request,
  { operator, secret }: { operator: Operator; secret: string },
): PortalReply {
  const link = `${portalOrigin(deps.config)}/portal/enter/${secret}`;
  return page('link', 'operators.link', { email: operator.email, link, until: operator.entry?.until });
}

async function show(request: Request): Promise<PortalReply> {
  return operatorPage(request, await operatorOf(request));
}

function operatorPage(request: Request, operator: Operator, failure?: string): PortalReply {
  const model = {
    id: operator.id,
    email: operator.email,
    roles: rolesOf(request, operator.role),
    apps: (operator.apps ?? []).map(({ host, appId }) => `${host}/${appId}`).join('\n'),
    failure,
  };
  return page('operator', { literal: operator.email }, model, { status: failure ? 422 : 200 });
}

async function change(request: Request): Promise<PortalReply> {
  const { deps, operator, address, form, params, texts } = request;
  const known = await operatorOf(request);
  const apps = form.has('apps') ? parseLimit(form.get('apps')) : known.apps;
  if (apps === 'wrong') return operatorPage(request, known, texts.say('operators.wrongApps'));
  const wanted = { id: params.id ?? '', role: roleOf(form.get('role')), apps };
  return outcome(request, await changeRole(deps, { operator, address }, wanted));
}

async function endSessions(request: Request): Promise<PortalReply> {
  const known = await operatorOf(request);
  await request.deps.store.operatorSessions.removeOf(known.id);
  await request.audit({ action: 'endSessions', target: known.email });
  return redirect(LIST, { notice: 'me.sessionsEnded' });
}

async function remove(request: Request): Promise<PortalReply> {
  const { deps, operator, address, params } = request;
  return outcome(request, await removeOperator(deps, { operator, address }, params.id ?? ''));
}

async function outcome(request: Request, result: RoleChange): Promise<PortalReply> {
  if (result === 'gone') throw new Refusal(404);
  if (result === 'lastOwner') return list(request, request.texts.say('operators.lastOwner'));
  return redirect(LIST, { notice: 'saved' });
}

async function operatorOf({ deps, params }: Request): Promise<Operator> {
  const operator = await deps.store.operators.find(params.id ?? '');
  if (!operator) throw new Refusal(404);
  return operator;
}

function roleOf(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (!role) throw new Refusal(422);
  return role;
}

/** One app a line, of this host unless it says which: `<app id>` or `<host>/<app id>`. Empty = all apps. */
function parseLimit(text: string): AppLimit[] | undefined | 'wrong' {
  const lines = text.split(/[\s,]+/).filter((line) => line !== '');
  if (lines.length === 0) return undefined;
  const limits = lines.map((line) => /^(?:([\da-f]{24}|here)\/)?([\da-f]{32})$/.exec(line));
  if (limits.some((found) => found === null)) return 'wrong';
  return limits.map((found) => ({ host: found?.[1] ?? HERE, appId: found?.[2] ?? '' }));
}

function limitText({ apps }: Operator): string {
  return apps === undefined ? '' : String(apps.length);
}
