import type { InviteOutcome } from '../../client/host/invites.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { type Fault, faultOf } from '../fault.ts';
import { Form } from '../frame/form.ts';
import { Refusal } from '../frame/refusal.ts';
import type { PortalReply, PortalRoute } from '../frame/route.ts';
import { HANDLES_MAX, handleList, type ListedHandle } from '../handle-list.ts';
import { accessOf } from '../roles.ts';
import { metadataInputs, metadataOf } from '../user-metadata.ts';

const ADD = '/invites/add';
const may = 'actOnUser';

/** Inviting one or many: what was pasted, what it is taken for, what became of each. */
export const inviteManyRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: ADD, may, respond: (request) => show(request, new Form()) }),
  appRoute({ method: 'POST', path: ADD, may, respond: preview }),
  appRoute({ method: 'POST', path: `${ADD}/send`, may, respond: send }),
];

function show(request: AppRequest, form: Form, fault?: Fault): Promise<PortalReply> {
  const { app, base, texts } = request;
  const locale = form.get('locale');
  const isHandles = fault?.field === 'handles';
  const model = {
    address: base + ADD,
    back: `${base}/invites`,
    isOff: !app.invitationEnabled,
    handles: form.get('handles'),
    hint: texts.say(mayMany(request) ? 'invites.handlesHint' : 'invites.oneHint'),
    label: texts.say(app.handle === 'phone' ? 'invites.phones' : 'invites.emails'),
    isMany: mayMany(request),
    locales: app.locales.map((value) => ({ value, label: value, chosen: value === locale })),
    inputs: metadataInputs(app.metaDataInvite, {}, form),
    errors: { handles: isHandles ? fault.text : undefined, page: isHandles ? undefined : fault?.text },
  };
  return appPage(request, 'invite-many', 'invites.add', model, { status: fault ? 422 : 200 });
}

function mayMany({ operator }: AppRequest): boolean {
  return accessOf(operator, 'actOnMany') === 'full';
}

async function preview(request: AppRequest): Promise<PortalReply> {
  const { form, app, base, texts } = request;
  const listed = handleList(form.get('handles'), app.handle);
  const fault = faultIn(request, listed);
  if (fault) return show(request, form, { field: 'handles', text: texts.say(fault, { most: HANDLES_MAX }) });
  const ready = readyOf(listed);
  const kept = form.entries().filter(([name]) => name !== 'csrf' && name !== 'handles');
  return appPage(request, 'invite-preview', 'invites.preview', {
    address: base + ADD,
    rows: listed.map(({ handle, check }) => ({
      handle,
      isReady: check === 'ready',
      check: texts.say(`invites.check.${check}`),
    })),
    count: texts.number(ready.length),
    left: listed.length - ready.length,
    fields: [...kept.map(([name, value]) => ({ name, value })), { name: 'handles', value: ready.join('\n') }],
    // Going back keeps what was pasted.
    typed: [...kept, ['handles', form.get('handles')]].map(([name, value]) => ({ name, value })),
  });
}

function faultIn(request: AppRequest, listed: readonly ListedHandle[]): string | undefined {
  const { length } = readyOf(listed);
  if (listed.length === 0) return 'reason.missing';
  if (length === 0) return 'invites.noneReady';
  if (length > HANDLES_MAX) return 'invites.tooMany';
  return length > 1 && !mayMany(request) ? 'invites.onlyOne' : undefined;
}

function readyOf(listed: readonly ListedHandle[]): string[] {
  return listed.filter(({ check }) => check === 'ready').map(({ handle }) => handle);
}

async function send(request: AppRequest): Promise<PortalReply> {
  const { form, app, appId, host, hostId, base, texts, audit } = request;
  // The way back of the preview.
  if (form.has('edit')) return show(request, form);
  const listed = handleList(form.get('handles'), app.handle);
  if (faultIn(request, listed)) throw new Refusal(mayMany(request) ? 422 : 403);
  const typed = metadataOf(
    form,
    app.metaDataInvite.map(({ path }) => path),
    {},
  );
  const metaData = typed.metadata ?? {};
  let outcomes: InviteOutcome[];
  try {
    const offer = { metaData, locale: form.get('locale') || (app.locales[0] ?? 'EN') };
    outcomes = await host.invites.createMany(
      { appId, handles: readyOf(listed), ...offer },
      { timeoutMs: 60_000 },
    );
  } catch (error) {
    return show(request, form, faultOf(texts, error));
  }
  const sent = outcomes.filter(({ outcome }) => outcome === 'sent').length;
  await audit({ action: 'inviteMany', host: hostId, appId, target: texts.number(sent) });
  return appPage(request, 'invite-outcome', 'invites.outcomes', {
    rows: outcomes.map(({ handle, outcome }) => ({
      handle,
      isSent: outcome === 'sent',
      outcome: texts.say(`invites.outcome.${outcome}`),
    })),
    sent: texts.number(sent),
    back: `${base}/invites`,
  });
}
