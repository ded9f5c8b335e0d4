import { HostClientError } from '../../client/host/index.ts';
import {
  addHost,
  editHost,
  type HostChange,
  removeHost,
} from '../../server/domain/operators/managed-hosts.ts';
import type { ManagedHost } from '../../server/model/operator.ts';
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
import { accessOf } from '../roles.ts';
import { hostAddress, tryHost } from '../try-host.ts';

const LIST = '/portal/hosts';
/** A host that is away must not hold up the list. */
const LOOK_MS = 2_000;

/** The hosts that are managed from here. */
export const hostRoutes: PortalRoute[] = [
  operatorRoute({ method: 'GET', path: LIST, may: 'seeHosts', respond: list }),
  operatorRoute({
    method: 'GET',
    path: `${LIST}/add`,
    may: 'changeHosts',
    respond: async () => hostForm(EMPTY),
  }),
  operatorRoute({
    method: 'POST',
    path: `${LIST}/add`,
    may: 'changeHosts',
    respond: (request) => save(request),
  }),
  operatorRoute({ method: 'GET', path: `${LIST}/:host/edit`, may: 'changeHosts', respond: showEdit }),
  operatorRoute({
    method: 'POST',
    path: `${LIST}/:host/edit`,
    may: 'changeHosts',
    respond: async (request) => save(request, await hostOf(request)),
  }),
  operatorRoute({ method: 'POST', path: `${LIST}/:host/remove`, may: 'changeHosts', respond: remove }),
];

interface HostForm {
  name: string;
  url: string;
  privateAllowed: boolean;
}
const EMPTY: HostForm = { name: '', url: '', privateAllowed: false };
type Errors = { name?: string; url?: string; secret?: string };

async function list(request: Request): Promise<PortalReply> {
  const rows = await Promise.all(
    (await request.hosts()).map(async (host) => ({
      ...host,
      isOther: host.id !== HERE,
      ...(await look(request, host.id)),
    })),
  );
  const mayChange = accessOf(request.operator, 'changeHosts') !== 'none';
  const maySee = accessOf(request.operator, 'seeHost') !== 'none';
  return page('hosts', 'hosts.title', { rows, mayChange, maySee });
}

/** What a host says of itself, if it does so soon: the list waits for nobody. */
async function look(request: Request, id: string) {
  const { texts } = request;
  try {
    const client = await request.client(id);
    const { version, apps, users, insecure } = await client.host.facts({ timeoutMs: LOOK_MS });
    return {
      state: texts.say('hosts.reachable'),
      isGood: true,
      version,
      apps: texts.number(apps),
      users: texts.number(users),
      warnings: insecure.join(', '),
    };
  } catch (error) {
    const kind = error instanceof HostClientError ? error.kind : 'unreachable';
    // An older host that does not tell is there all the same.
    const isGood = kind === 'refused';
    const state = isGood ? 'reachable' : kind === 'secret_refused' ? 'refused' : 'unreachable';
    const unknown = { version: '–', apps: '–', users: '–', warnings: '' };
    return { state: texts.say(`hosts.${state}`), isGood, ...unknown };
  }
}

function hostForm(
  given: HostForm,
  { host, errors = {}, steps = [] }: { host?: ManagedHost; errors?: Errors; steps?: readonly unknown[] } = {},
): PortalReply {
  const { name, url, secret } = errors;
  const failed = [name, url, secret].some((error) => error !== undefined) || steps.length > 0;
  const model = { host, given, steps, errors: { name, url, secret } };
  return page('host-form', host ? 'hosts.edit' : 'hosts.add', model, { status: failed ? 422 : 200 });
}

async function showEdit(request: Request): Promise<PortalReply> {
  const host = await hostOf(request);
  return hostForm(host, { host });
}

async function save(request: Request, host?: ManagedHost): Promise<PortalReply> {
  const { deps, operator, address, form, texts } = request;
  const given = {
    name: form.get('name').trim(),
    url: form.get('url').trim(),
    privateAllowed: form.has('private'),
  };
  const typed = form.get('secret').trim();
  const url = hostAddress(given.url);
  const serverSecret = typed || host?.serverSecret || '';
  const errors: Errors = {
    ...(given.name === '' || given.name.length > 100 ? { name: texts.say('hosts.noName') } : {}),
    ...(url === undefined ? { url: texts.say('hosts.wrongUrl') } : {}),
    ...(serverSecret === '' ? { secret: texts.say('hosts.noSecret') } : {}),
    // A secret goes to nobody but whom it was given for.
    ...(host && typed === '' && url !== host.url ? { secret: texts.say('hosts.secretAgain') } : {}),
  };
  if (url === undefined || Object.keys(errors).length > 0) return hostForm(given, { host, errors });
  const steps = await tryHost(deps, { url, serverSecret, privateAllowed: given.privateAllowed });
  if (steps.some(({ ok }) => !ok)) {
    const told = steps.map(({ step, ok, detail }) => ({
      ok,
      step: texts.say(`hosts.step.${step}`),
      detail: texts.has(`hosts.fault.${detail}`) ? texts.say(`hosts.fault.${detail}`) : detail,
    }));
    return hostForm(given, { host, steps: told });
  }
  const input = { name: given.name, url, privateAllowed: given.privateAllowed };
  const actor = { operator, address };
  const done: HostChange = host
    ? await editHost(deps, actor, { id: host.id, ...input, serverSecret: typed || undefined })
    : await addHost(deps, actor, { ...input, serverSecret });
  if (done === 'gone') throw new Refusal(404);
  if (done === 'taken') return hostForm(given, { host, errors: { name: texts.say('hosts.taken') } });
  return redirect(LIST, { notice: 'saved' });
}

async function remove({ deps, operator, address, params }: Request): Promise<PortalReply> {
  const done = await removeHost(deps, { operator, address }, params.host ?? '');
  if (done === 'gone') throw new Refusal(404);
  return redirect(LIST, { notice: 'hosts.removed' });
}

async function hostOf({ deps, params }: Request): Promise<ManagedHost> {
  const host = await deps.store.managedHosts.find(params.host ?? '');
  if (!host) throw new Refusal(404);
  return host;
}
