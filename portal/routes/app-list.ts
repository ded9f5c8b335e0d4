import type { AppOverview } from '../../client/host/apps.ts';
import { type HostClient, SETTING_CHOICES } from '../../client/host/index.ts';
import { faultOf } from '../fault.ts';
import {
  operatorRoute,
  type PortalReply,
  type PortalRoute,
  page,
  type Request,
  redirect,
} from '../frame/route.ts';
import { listModel, PAGE_ROWS } from '../list.ts';
import { accessOf } from '../roles.ts';

const LIST = '/portal/hosts/:host/apps';
const FLOWS = SETTING_CHOICES.signupFlow;
const HANDLES = SETTING_CHOICES.handle;

/** The apps of a host, and making another. */
export const appListRoutes: PortalRoute[] = [
  operatorRoute({ method: 'GET', path: LIST, may: 'seeApps', respond: list }),
  operatorRoute({ method: 'GET', path: `${LIST}/new`, may: 'createApp', respond: showNew }),
  operatorRoute({ method: 'POST', path: `${LIST}/new`, may: 'createApp', respond: create }),
];

async function list(request: Request): Promise<PortalReply> {
  const { operator, texts, query, path, params } = request;
  const host = params.host ?? '';
  const { rows, next } = await overview(request, await request.client(host));
  const model = {
    rows: rows.map((row) => ({
      ...row,
      href: `${path}/${row.appId}`,
      isActive: row.status === 'active',
      status: texts.say(`apps.status.${row.status}`),
      type: texts.say(`apps.type.${row.type}`),
      warnings: row.warnings.map((name) =>
        texts.has(`apps.warning.${name}`) ? texts.say(`apps.warning.${name}`) : name,
      ),
    })),
    list: listModel(path, query, { next }),
    importAddress: `${path}/import`,
    newAddress: accessOf(operator, 'createApp') === 'full' ? `${path}/new` : undefined,
    isLimited: operator.apps !== undefined,
  };
  return page('app-list', 'apps', model);
}

/** Who is limited to some apps has few of them: all on one page, and the others are not even counted. */
async function overview(
  { operator, query, params }: Request,
  client: HostClient,
): Promise<{ rows: AppOverview[]; next?: string | undefined }> {
  if (operator.apps === undefined)
    return client.apps.overview({ after: query.get('after') ?? '', limit: PAGE_ROWS });
  const rows: AppOverview[] = [];
  for (const { host, appId } of operator.apps)
    if (host === params.host) rows.push(...(await client.apps.overview({ appId })).rows);
  return { rows };
}

async function showNew(request: Request): Promise<PortalReply> {
  await request.client(request.params.host ?? '');
  return newForm(request, { name: '', flow: 'code', handle: 'email' });
}

function newForm(
  { texts, params }: Request,
  given: { name: string; flow: string; handle: string },
  fault?: string,
): PortalReply {
  const options = (prefix: string, values: readonly string[], chosen: string) =>
    values.map((value) => ({ value, label: texts.say(prefix + value), chosen: value === chosen }));
  const model = {
    name: given.name,
    flows: options('apps.flow.', FLOWS, given.flow),
    handles: options('apps.handle.', HANDLES, given.handle),
    fault,
    back: `/portal/hosts/${params.host}/apps`,
  };
  return page('app-new', 'apps.new', model, { status: fault ? 422 : 200 });
}

async function create(request: Request): Promise<PortalReply> {
  const { form, texts, params } = request;
  const host = params.host ?? '';
  const given = { name: form.get('name').trim(), flow: form.get('flow'), handle: form.get('handle') };
  const client = await request.client(host);
  const signupFlow = FLOWS.find((flow) => flow === given.flow);
  const handle = HANDLES.find((kind) => kind === given.handle);
  if (given.name === '') return newForm(request, given, texts.say('reason.missing'));
  try {
    const { appId } = await client.apps.create({ name: given.name });
    const { revision } = await client.apps.get({ appId });
    await client.apps.changeSettings({ appId, revision, settings: { signupFlow, handle } });
    await request.audit({ action: 'createApp', host, appId, target: given.name });
    return redirect(`/portal/hosts/${host}/apps/${appId}`, { notice: 'apps.done' });
  } catch (error) {
    return newForm(request, given, faultOf(texts, error).text);
  }
}
