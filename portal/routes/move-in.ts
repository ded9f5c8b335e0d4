import { openAsBlob } from 'node:fs';
import { Readable } from 'node:stream';
import {
  looksLike,
  type MoveIn,
  type MoveInFiles,
  type MoveInFormat,
  type MoveInOptions,
} from '../../client/host/index.ts';
import { isSteppedUp } from '../../server/domain/operators/sessions.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { type Fault, faultOf, found } from '../fault.ts';
import { Refusal } from '../frame/refusal.ts';
import { download, type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { CONFLICTS, formModel, KEPT, LOOKS, optionsOf } from '../move-in/options.ts';
import { shownMoveIn } from '../move-in/report.ts';
import { formatOf, SOURCES } from '../move-in/sources.ts';
import { waitingModel } from '../move-in/waiting.ts';

const MOVE_IN = '/data/move-in';
const JOB = `${MOVE_IN}/:job`;
const may = 'useData';
/** The part of the form that the second file comes in, whatever the source calls it. */
const SECOND = 'second';
const upload = { maxMb: 'moveInMaxMb', also: [SECOND] } as const;
const HOURS_MS = 6 * 3_600_000;

/** Moving people in from another system: tried first, then done. */
export const moveInRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: MOVE_IN, may, respond: (request) => choose(request) }),
  appRoute({ method: 'POST', path: MOVE_IN, may, upload, respond: tryOut }),
  appRoute({ method: 'GET', path: JOB, may, respond: (request) => show(request) }),
  appRoute({ method: 'POST', path: JOB, may, upload, respond: moveIn }),
  appRoute({ method: 'POST', path: `${JOB}/replace`, may, stepUp: true, respond: prove }),
  appRoute({ method: 'GET', path: `${JOB}/refused`, may, respond: refusedRows }),
  appRoute({ method: 'POST', path: `${JOB}/stop`, may, respond: stop }),
];

/** Where from; once that is said, the form. */
async function choose(request: AppRequest, fault?: Fault): Promise<PortalReply> {
  const { base, texts, query, form } = request;
  const given = fault ? form : query;
  const format = formatOf(given.get('format'));
  if (!format) {
    return appPage(request, 'move-in', 'moveIn.title', {
      sources: Object.entries(SOURCES).map(([value, { name }]) => ({
        name,
        href: `${base}${MOVE_IN}?format=${value}`,
      })),
      waiting: await waitingModel(request),
      back: `${base}/data`,
    });
  }
  const title = { literal: texts.say('moveIn.of', { source: SOURCES[format].name }) };
  const model = {
    heading: title.literal,
    form: formModel(texts, format, given, fault),
    others: base + MOVE_IN,
  };
  return appPage(request, 'move-in-try', title, { ...model, action: base + MOVE_IN }, statusOf(fault));
}

function statusOf(fault: Fault | undefined): { status: number } {
  return { status: fault ? 422 : 200 };
}

async function tryOut(request: AppRequest): Promise<PortalReply> {
  const format = formatOf(request.form.get('format'));
  if (!format) throw new Refusal(422);
  const begun = await begin(request, format, true);
  return 'fault' in begun ? choose(request, begun.fault) : lead(request, begun);
}

/**
 * In earnest, after a run that wrote nothing ended well. Replacing what people have asks for a fresh proof,
 * which is given before the file is chosen: the portal keeps none.
 */
async function moveIn(request: AppRequest): Promise<PortalReply> {
  const { form, query, isProven, texts } = request;
  const tried = await moveInOf(request);
  const isTried = tried.dryRun && tried.state === 'done';
  if (!isTried || (replaces(form) && !replaces(query))) throw new Refusal(422, 'moveIn.tryFirst');
  if (replaces(form) && !isProven) {
    return show(request, { field: undefined, text: texts.say('moveIn.proveFirst') });
  }
  const begun = await begin(request, tried.format, false);
  return 'fault' in begun ? show(request, begun.fault) : lead(request, begun);
}

/** What a form or an address says of people who are there already. */
function replaces(given: { get(name: string): string | null }): boolean {
  return given.get('conflict') === 'update';
}

/** The proof was given: back to the form, which takes the file now. */
async function prove(request: AppRequest): Promise<PortalReply> {
  return lead(request, { ...(await moveInOf(request)), looks: request.form.get(LOOKS) });
}

async function begin(
  request: AppRequest,
  format: MoveInFormat,
  dryRun: boolean,
): Promise<{ job: string; looks: string } | { fault: Fault }> {
  const { host, hostId, appId, form, texts, audit } = request;
  const read = optionsOf(texts, format, form);
  if ('fault' in read) return read;
  const files = await filesOf(request, format);
  if (!files) return { fault: { field: 'file', text: texts.say('moveIn.noFile') } };
  const options: MoveInOptions = { ...read.options, dryRun };
  const looks = (await looksLike(files.file)) ?? '';
  try {
    const { job } = await host.data.moveIn({ appId, ...files, ...options }, { timeoutMs: HOURS_MS });
    const changes = [
      { field: 'format', after: format },
      ...(replaces(form) ? [{ field: 'conflict', after: 'update' }] : []),
    ];
    await audit({ action: dryRun ? 'tryMoveIn' : 'moveIn', host: hostId, appId, target: job, changes });
    return { job, looks };
  } catch (error) {
    return { fault: faultOf(texts, error) };
  }
}

/** What was received, read as it is sent on. Undefined without a file. */
async function filesOf({ file, files }: AppRequest, format: MoveInFormat): Promise<MoveInFiles | undefined> {
  if (!file || file.size === 0) return undefined;
  const part = SOURCES[format].second;
  const second = files[SECOND];
  return {
    file: await openAsBlob(file.path),
    ...(part && second && second.size > 0 && { [part]: await openAsBlob(second.path) }),
  };
}

/** To the import; how it was asked for goes along, for the next one. */
function lead({ base, form }: AppRequest, { job, looks }: { job: string; looks: string }): PortalReply {
  const get = (name: string) => (name === LOOKS ? looks : form.get(name));
  return redirect(`${base}${MOVE_IN}/${job}${queryOf({ get })}`);
}

function keptOf(given: { get(name: string): string | null }) {
  return KEPT.map((name) => ({ name, value: given.get(name)?.trim() ?? '' })).filter(
    ({ value }) => value !== '',
  );
}

function queryOf(given: Parameters<typeof keptOf>[0]): string {
  const query = new URLSearchParams(keptOf(given).map(({ name, value }) => [name, value]));
  return query.size > 0 ? `?${query}` : '';
}

async function show(request: AppRequest, fault?: Fault): Promise<PortalReply> {
  const { base, texts, query, form, deps, session } = request;
  const moved = await moveInOf(request);
  const shown = shownMoveIn(texts, moved, formatOf(query.get(LOOKS)));
  const isTried = shown.isDry && shown.isDone;
  const address = `${base}${MOVE_IN}/${moved.job}`;
  const given = fault ? form : query;
  // Whom it would replace is told by a dry run that was made for it.
  const conflicts = replaces(query) ? CONFLICTS : CONFLICTS.filter((one) => one !== 'update');
  const mustProve = isTried && replaces(given) && !isSteppedUp(deps, session);
  const poll = new URLSearchParams(query);
  poll.set('poll', '1');
  const model = {
    ...shown,
    address,
    poll: `${address}?${poll}`,
    again: `${base}${MOVE_IN}?format=${moved.format}`,
    refusedAddress: shown.report && (moved.report?.refused ?? 0) > 0 ? `${address}/refused` : undefined,
    proof: mustProve
      ? { address: `${address}/replace`, fields: keptOf(given), fault: fault?.text }
      : undefined,
    effect:
      isTried && replaces(query)
        ? texts.say('effect.replaceUsers', { users: texts.number(moved.report?.updated ?? 0) })
        : undefined,
    form: isTried && !mustProve ? formModel(texts, moved.format, given, fault, conflicts) : undefined,
    isTried,
    action: address + queryOf(query),
    waiting: shown.isDone && !shown.isDry ? await waitingModel(request) : undefined,
  };
  return appPage(request, 'move-in-job', { literal: shown.heading }, model, statusOf(fault));
}

async function stop(request: AppRequest): Promise<PortalReply> {
  const { host, hostId, appId, base, audit } = request;
  const { job } = await moveInOf(request);
  await host.data.stopImport({ job });
  await audit({ action: 'stopJob', host: hostId, appId, target: job });
  return redirect(`${base}${MOVE_IN}/${job}`);
}

async function refusedRows(request: AppRequest): Promise<PortalReply> {
  const { host, hostId, app, appId, audit } = request;
  const { job } = await moveInOf(request);
  const { body } = await host.data.importRefused({ job });
  await audit({ action: 'exportRefused', host: hostId, appId, target: job });
  return download(`${app.name}-refused.csv`, 'text/csv; charset=utf-8', Readable.fromWeb(body as never));
}

async function moveInOf({ host, appId, params }: AppRequest): Promise<MoveIn> {
  const { job = '' } = params;
  if (!/^[\da-f]{24}$/.test(job)) throw new Refusal(404);
  const known = await found(host.jobs.get({ job }));
  // Another app's may be outside the operator's limit.
  if (known.appId !== appId || known.kind !== 'import') throw new Refusal(404);
  return found(host.data.import({ job }));
}
