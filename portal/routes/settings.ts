import type { App } from '../../client/host/apps.ts';
import { HostClientError } from '../../client/host/index.ts';
import type { VerifiedToken } from '../../client/host/tokens.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { type Fault, faultOf, isStale } from '../fault.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { shownRules } from '../rules.ts';
import { heldValues, readGroup, type Sent } from '../settings/form.ts';
import { type Group, groupOf, type Typed } from '../settings/groups.ts';
import { shownGroups } from '../settings/shown.ts';
import { type Difference, staleModel } from '../stale.ts';

const PROVIDERS = ['apple', 'google'] as const;
/** From here on a token does not fit every cookie and header. */
const LARGE_TOKEN_BYTES = 2_048;

/** The settings of an app, in groups that are saved one by one. */
export const settingsRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/settings', may: 'seeSettings', respond: (request) => show(request) }),
  appRoute({ method: 'POST', path: '/settings/try', may: 'seeSettings', respond: tryIdentity }),
  appRoute({ method: 'POST', path: '/settings/:group', may: 'changeSettings', respond: save }),
];

interface Shown {
  /** The group that was refused, as it was typed. */
  refused?: { id: string; typed: Typed; faults: Readonly<Record<string, string>>; fault?: string };
  tried?: {
    provider: string;
    token: string;
    fault?: string;
    answer?: Pick<VerifiedToken, 'rules'> & { ok: boolean };
  };
}

async function show(request: AppRequest, { refused, tried }: Shown = {}): Promise<PortalReply> {
  const { app, texts, host, appId } = request;
  const sample = await host.tokens.sample({ appId }).catch((error: unknown) => {
    if (error instanceof HostClientError && error.kind === 'refused') return undefined;
    throw error;
  });
  const provider = tried?.provider ?? (app.googleLoginEnabled && !app.appleLoginEnabled ? 'google' : 'apple');
  const model = {
    groups: shownGroups(texts, app, refused),
    revision: app.revision,
    sample: sample && {
      header: JSON.stringify(sample.header, null, 2),
      claims: JSON.stringify(sample.claims, null, 2),
      size: texts.say('set.sample.size', { bytes: texts.number(sample.bytes) }),
      isLarge: sample.bytes > LARGE_TOKEN_BYTES,
    },
    providers: PROVIDERS.map((value) => ({
      value,
      label: texts.say(`set.provider.${value}`),
      chosen: value === provider,
    })),
    tried: {
      token: tried?.token ?? '',
      fault: tried?.fault,
      ...(tried?.answer && shownRules(texts, tried.answer)),
    },
  };
  return appPage(request, 'settings', 'appBar.settings', model, {
    status: refused || tried?.fault ? 422 : 200,
  });
}

async function save(request: AppRequest): Promise<PortalReply> {
  const { app, form, params, base, hostId, appId, texts } = request;
  const group = groupOf(params.group ?? '');
  if (!group) throw new Refusal(404);
  const sent = readGroup(form, group);
  const refuse = (faults: Record<string, string>, fault?: string) =>
    show(request, { refused: { id: group.id, typed: sent.typed, faults, ...(fault && { fault }) } });
  if (sent.wrong.length > 0) {
    return refuse(Object.fromEntries(sent.wrong.map((name) => [name, texts.say('reason.wrong_type')])));
  }
  const outcome = await store(request, group, sent);
  if (outcome.state === 'stale') return conflict(request, group, sent, outcome.app);
  if (outcome.state === 'refused') {
    const { field, text } = outcome.fault;
    const name = Object.keys(sent.typed).find((each) => field === each || field?.startsWith(`${each}.`));
    return name ? refuse({ [name]: text }) : refuse({}, text);
  }
  await request.audit({
    action: 'changeSettings',
    host: hostId,
    appId,
    target: group.id,
    changes: changesOf(group, heldValues(app, group), heldValues(outcome.app, group)),
  });
  return redirect(`${base}/settings#set-${group.id}`, { notice: 'saved' });
}

type Outcome = { state: 'saved' | 'stale'; app: App } | { state: 'refused'; fault: Fault };

/** A change elsewhere in the app is none of this group's business: its own fields alone are compared. */
async function store(request: AppRequest, group: Group, sent: Sent): Promise<Outcome> {
  const { form, host, appId, texts } = request;
  const read = form.get('was');
  let { app } = request;
  for (let tries = 0; tries < 3; tries++) {
    const isOther = form.get('revision') !== app.revision;
    if (isOther && JSON.stringify(heldValues(app, group)) !== read) return { state: 'stale', app };
    try {
      const { revision } = app;
      const saved = await host.apps.changeSettings({ appId, revision, settings: sent.change });
      return { state: 'saved', app: saved };
    } catch (error) {
      if (!isStale(error)) return { state: 'refused', fault: faultOf(texts, error) };
      app = error.current as App;
    }
  }
  throw new Refusal(503);
}

/** Both values side by side, for the operator to choose. */
function conflict(request: AppRequest, group: Group, { typed }: Sent, current: App): Promise<PortalReply> {
  const { base, form, texts } = request;
  const theirs = heldValues(current, group);
  const differences: Difference[] = Object.entries(theirs)
    .filter(([name, value]) => typed[name] !== value && !isSecret(group, name))
    .map(([name, value]) => ({
      label: texts.say(`set.${name}`),
      mine: spoken(request, group, name, typed[name] ?? ''),
      theirs: spoken(request, group, name, value),
    }));
  const model = staleModel(texts, form, {
    action: `${base}/settings/${group.id}`,
    back: `${base}/settings`,
    differences,
    over: { revision: current.revision, was: JSON.stringify(theirs) },
    secrets: group.fields
      .filter(({ kind }) => kind === 'secret')
      .map(({ name }) => ({ name, label: texts.say(`set.${name}`) })),
  });
  return appPage(request, 'stale', 'stale.title', model, { status: 409 });
}

function isSecret({ fields }: Group, name: string): boolean {
  return fields.some((field) => field.name === name && field.kind === 'secret');
}

function spoken({ texts }: AppRequest, { fields }: Group, name: string, value: string): string {
  const kind = fields.find((field) => field.name === name)?.kind;
  if (kind === 'flag') return texts.say(value === 'on' ? 'on' : 'off');
  if (kind === 'choice' && texts.has(`set.${name}.${value}`)) return texts.say(`set.${name}.${value}`);
  return value;
}

function changesOf(group: Group, before: Record<string, string>, after: Record<string, string>) {
  return Object.keys(after)
    .filter((name) => before[name] !== after[name])
    .map((field) =>
      isSecret(group, field) ? { field } : { field, before: before[field] ?? '', after: after[field] ?? '' },
    );
}

/** What the host would say of an identity token; nothing is stored. */
async function tryIdentity(request: AppRequest): Promise<PortalReply> {
  const { form, host, appId, texts } = request;
  const token = form.get('token').trim();
  const provider = PROVIDERS.find((name) => name === form.get('provider')) ?? 'apple';
  if (token === '') return show(request, { tried: { provider, token, fault: texts.say('reason.missing') } });
  try {
    const answer = await host.tokens.tryIdentity({ appId, provider, token });
    return show(request, { tried: { provider, token, answer } });
  } catch (error) {
    return show(request, { tried: { provider, token, fault: faultOf(texts, error).text } });
  }
}
