import { Readable } from 'node:stream';
import { type DangerousAction, effectOf, type Job } from '../../client/host/index.ts';
import { isSteppedUp, keepForm } from '../../server/domain/operators/sessions.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { download, type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import type { Texts } from '../frame/texts.ts';
import { formatOf, SOURCES } from '../move-in/sources.ts';
import { accessOf } from '../roles.ts';

const may = 'useData';
const JOBS = 20;

/** A whole app: as a file, emptied, or gone. */
export const dataRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/data', may, respond: show }),
  appRoute({ method: 'POST', path: '/data/export', may, respond: askForExport }),
  appRoute({ method: 'GET', path: '/data/export', may, respond: exportApp }),
  appRoute({ method: 'GET', path: '/data/reset', may, respond: (request) => ask(request, 'resetApp') }),
  appRoute({ method: 'POST', path: '/data/reset', may, stepUp: true, respond: reset }),
  appRoute({ method: 'GET', path: '/data/delete', may, respond: (request) => ask(request, 'deleteApp') }),
  appRoute({ method: 'POST', path: '/data/delete', may, stepUp: true, respond: remove }),
];

async function show(request: AppRequest): Promise<PortalReply> {
  const { host, hostId, appId, base, query, deps, session, operator } = request;
  const { rows } = await host.jobs.list({ appId, limit: JOBS });
  const isReady = query.get('ready') === 'secrets' && isSteppedUp(deps, session);
  return appPage(request, 'data', 'appBar.data', {
    jobs: rows.map((job) => shownJob(request, job)),
    ready: isReady ? `${base}/data/export?secrets=true` : undefined,
    isRunning: rows.some(({ state }) => state === 'running' || state === 'waiting'),
    importAddress:
      accessOf(operator, 'createApp') === 'full' ? `/portal/hosts/${hostId}/apps/import` : undefined,
  });
}

function shownJob({ base, texts }: AppRequest, job: Job) {
  const { state, read, total, createdAt, kind } = job;
  const isImport = kind === 'import';
  const address = `${base}/${isImport ? 'data/move-in' : 'users/jobs'}/${job.job}`;
  const progress = isImport ? 'moveIn' : 'job';
  const [count, of] = [texts.number(read), total === undefined ? undefined : texts.number(total)];
  return {
    href: address,
    stop: state === 'running' || state === 'waiting' ? `${address}/stop` : undefined,
    title: titleOf(texts, job),
    state: texts.say(`job.state.${state}`),
    isBad: state === 'failed',
    read: texts.say(of === undefined ? `${progress}.read` : `${progress}.readOf`, { read: count, total: of }),
    createdAt,
  };
}

function titleOf(texts: Texts, { kind, action, format, dryRun }: Job): string {
  if (kind === 'import') {
    const source = formatOf(format ?? null);
    if (!source) return texts.say('moveIn.title');
    return texts.say(dryRun ? 'moveIn.tryOf' : 'moveIn.of', { source: SOURCES[source].name });
  }
  const name = `users.do.${action ?? ''}`;
  return texts.say(texts.has(name) ? name : 'job.title');
}

/** With secrets only after a fresh proof: the frame asks for it, and sends the form on to here. */
async function askForExport(request: AppRequest): Promise<PortalReply> {
  const { form, deps, session, path, base } = request;
  if (!form.has('secrets')) return exportFile(request, false);
  if (isSteppedUp(deps, session)) return redirect(`${base}/data?ready=secrets`);
  const id = await keepForm(deps, session, { path, body: form.text });
  return redirect(`/portal/confirm?form=${id ?? ''}`);
}

async function exportApp(request: AppRequest): Promise<PortalReply> {
  const { query, deps, session, base } = request;
  const withSecrets = query.has('secrets');
  if (withSecrets && !isSteppedUp(deps, session)) return redirect(`${base}/data`);
  return exportFile(request, withSecrets);
}

async function exportFile(request: AppRequest, withSecrets: boolean): Promise<PortalReply> {
  const { host, hostId, appId, app, audit } = request;
  const { body } = await host.data.export({ appId, withSecrets });
  const changes = [{ field: withSecrets ? 'withSecrets' : 'withoutSecrets' }];
  await audit({ action: 'exportApp', host: hostId, appId, target: app.name, changes });
  return download(`${app.name}.zip`, 'application/zip', Readable.fromWeb(body as never));
}

type Whole = Extract<DangerousAction, 'resetApp' | 'deleteApp'>;

async function ask(request: AppRequest, action: Whole, typed?: string): Promise<PortalReply> {
  const { host, appId, app, base, texts } = request;
  const held = await host.users.statistics({ appId });
  const { totalUser: users = 0, totalSignup: signups = 0, totalInvite: invites = 0 } = held;
  const { key, values } = effectOf(action, { users, signups, invites });
  const numbers = Object.entries(values).map(([name, value]) => [name, texts.number(value)]);
  const model = {
    action: `${base}/data/${action === 'resetApp' ? 'reset' : 'delete'}`,
    effect: texts.say(key, Object.fromEntries(numbers)),
    button: texts.say(`data.${action}`),
    back: `${base}/data`,
    typed: typed ?? '',
    appTitle: app.name,
    fault: typed === undefined ? undefined : texts.say('users.wrongName'),
  };
  return appPage(request, 'data-end', `data.${action}`, model, { status: typed === undefined ? 200 : 422 });
}

async function reset(request: AppRequest): Promise<PortalReply> {
  const { form, app, host, hostId, appId, base, audit } = request;
  if (form.get('typed').trim() !== app.name) return ask(request, 'resetApp', form.get('typed'));
  await host.apps.reset({ appId });
  await audit({ action: 'resetApp', host: hostId, appId, target: app.name });
  return redirect(`${base}/data`, { notice: 'data.wasReset' });
}

async function remove(request: AppRequest): Promise<PortalReply> {
  const { form, app, host, hostId, appId, audit } = request;
  if (form.get('typed').trim() !== app.name) return ask(request, 'deleteApp', form.get('typed'));
  await host.apps.delete({ appId });
  await audit({ action: 'deleteApp', host: hostId, appId, target: app.name });
  return redirect(`/portal/hosts/${hostId}/apps`, { notice: 'data.wasDeleted' });
}
