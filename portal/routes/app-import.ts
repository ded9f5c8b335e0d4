import { openAsBlob } from 'node:fs';
import { faultOf } from '../fault.ts';
import {
  operatorRoute,
  type PortalReply,
  type PortalRoute,
  page,
  type Request,
  redirect,
} from '../frame/route.ts';

const IMPORT = '/portal/hosts/:host/apps/import';
const may = 'createApp';

/** Making an app of a file that another one was exported to. */
export const appImportRoutes: PortalRoute[] = [
  operatorRoute({ method: 'GET', path: IMPORT, may, respond: (request) => show(request) }),
  operatorRoute({ method: 'POST', path: IMPORT, may, upload: true, respond: take }),
];

type Errors = { name?: string; file?: string };

async function show(request: Request, { name, file }: Errors = {}): Promise<PortalReply> {
  const { params, form } = request;
  await request.client(params.host ?? '');
  const model = {
    name: form.get('name'),
    newKeys: form.has('newKeys'),
    errors: { name, file },
    back: `/portal/hosts/${params.host}/apps`,
  };
  return page('app-import', 'data.import', model, { status: name || file ? 422 : 200 });
}

async function take(request: Request): Promise<PortalReply> {
  const { params, form, texts, file, audit } = request;
  const host = params.host ?? '';
  const client = await request.client(host);
  const appName = form.get('name').trim();
  if (appName === '') return show(request, { name: texts.say('reason.missing') });
  if (!file || file.size === 0) return show(request, { file: texts.say('data.noFile') });
  try {
    const blob = await openAsBlob(file.path, { type: 'application/zip' });
    const { appId } = await client.data.importApp({ appName, file: blob, newKeys: form.has('newKeys') });
    await audit({ action: 'importApp', host, appId, target: appName });
    return redirect(`/portal/hosts/${host}/apps/${appId}`, { notice: 'data.wasImported' });
  } catch (error) {
    const fault = faultOf(texts, error);
    const message = error instanceof Error ? error.message : '';
    const text = fault.field === 'appName' ? fault.text : texts.say('data.badFile', { message });
    return show(request, fault.field === 'appName' ? { name: text } : { file: text });
  }
}
