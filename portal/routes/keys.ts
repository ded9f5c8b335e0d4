import { effectOf } from '../../client/host/effects.ts';
import type { VerifiedToken, Verifier } from '../../client/host/tokens.ts';
import { addressesOf } from '../app/addresses.ts';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { faultOf } from '../fault.ts';
import { Refusal } from '../frame/refusal.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';
import { issuedAt, keyRows, rotationSteps } from '../keys/rotation.ts';
import { VERIFIER_LABELS, VERIFIERS } from '../keys/verifiers.ts';
import { shownRules } from '../rules.ts';

const may = 'useKeys';
/** A week, as the host has it. */
const GRACE_HOURS = 168;
const SUPER_USER_MINUTES = 60;
const PHASES = ['prepare', 'activate', 'retire'] as const;

/** What an app signs and is known with. */
export const keyRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: '/keys', may, respond: (request) => show(request) }),
  appRoute({ method: 'POST', path: '/keys/token', may, stepUp: true, respond: rotateToken }),
  appRoute({ method: 'POST', path: '/keys/super-user', may, stepUp: true, respond: issueSuperUser }),
  appRoute({ method: 'POST', path: '/keys/check', may, respond: check }),
  appRoute({ method: 'POST', path: '/keys/:phase', may, stepUp: true, respond: rotateKey }),
];

interface Shown {
  faults?: Readonly<Record<string, string>>;
  typed?: Readonly<Record<string, string>>;
  checked?: VerifiedToken;
}

async function show(
  request: AppRequest,
  { faults = {}, typed = {}, checked }: Shown = {},
): Promise<PortalReply> {
  const { app, appId, host, texts, deps } = request;
  const now = deps.clock.now();
  const [keys, addresses] = await Promise.all([host.tokens.keys({ appId }), addressesOf(request)]);
  const { key, values } = effectOf('rotateAppToken', { hours: GRACE_HOURS });
  const retiring = keys.filter(({ state }) => state === 'previous').length;
  const retire = effectOf('retireKey', { keys: retiring });
  const model = {
    ...addresses,
    appToken: app.appToken,
    tokenIssued: issuedAt(app.appToken),
    tokenEffect: texts.say(key, values),
    graceHours: typed.graceHours ?? String(GRACE_HOURS),
    keys: keyRows(texts, keys),
    steps: rotationSteps(texts, keys, now),
    isWaiting: keys.some(({ notBefore }) => notBefore !== undefined && Date.parse(notBefore) > now),
    retireEffect: retiring > 0 ? texts.say(retire.key, retire.values) : undefined,
    typedName: typed.confirm ?? '',
    name: typed.name ?? 'superuser',
    minutes: typed.minutes ?? String(SUPER_USER_MINUTES),
    token: typed.token ?? '',
    audience: typed.audience ?? app.userJWTAudience.join(', '),
    verifiers: VERIFIERS.map((value) => ({
      value,
      label: VERIFIER_LABELS[value],
      chosen: value === typed.as,
    })),
    checked: checked && {
      result: shownRules(texts, { ok: checked.valid, rules: checked.rules }),
      header: JSON.stringify(checked.header, null, 2),
      claims: JSON.stringify(checked.claims, null, 2),
    },
    errors: {
      graceHours: faults.graceHours,
      confirm: faults.confirm,
      rotation: faults.rotation,
      name: faults.name,
      minutes: faults.expiresInMinutes,
      token: faults.token,
    },
  };
  const isRefused = Object.keys(faults).length > 0;
  return appPage(request, 'keys', 'appBar.keys', model, { status: isRefused ? 422 : 200 });
}

async function rotateToken(request: AppRequest): Promise<PortalReply> {
  const { form, host, appId, hostId, base, texts } = request;
  const text = form.get('graceHours').trim();
  const graceHours = Number(text || Number.NaN);
  const wrong = (fault: string) =>
    show(request, { faults: { graceHours: fault }, typed: { graceHours: text } });
  if (Number.isNaN(graceHours)) return wrong(texts.say('reason.wrong_type'));
  try {
    await host.tokens.rotateAppToken({ appId, graceHours });
  } catch (error) {
    return wrong(faultOf(texts, error).text);
  }
  await request.audit({ action: 'rotateAppToken', host: hostId, appId });
  return redirect(`${base}/keys`, { notice: 'key.tokenRotated' });
}

async function rotateKey(request: AppRequest): Promise<PortalReply> {
  const { app, form, host, appId, hostId, base, params, texts } = request;
  const phase = PHASES.find((name) => name === params.phase);
  if (!phase) throw new Refusal(404);
  const force = form.has('force');
  const confirm = form.get('confirm');
  // Tokens that are still good would be refused at once.
  if (force && phase === 'retire' && confirm !== app.name)
    return show(request, { faults: { confirm: texts.say('key.wrongName') }, typed: { confirm } });
  try {
    await host.tokens.rotateKey({ appId, phase, force });
  } catch (error) {
    return show(request, { faults: { rotation: faultOf(texts, error).text } });
  }
  await request.audit({
    action: 'rotateKey',
    host: hostId,
    appId,
    target: force ? `${phase}, force` : phase,
  });
  return redirect(`${base}/keys#rotation`, { notice: `key.done.${phase}` });
}

/** Shown on the answer alone: nobody can read it again. */
async function issueSuperUser(request: AppRequest): Promise<PortalReply> {
  const { form, host, appId, hostId, texts } = request;
  const typed = { name: form.get('name').trim(), minutes: form.get('minutes').trim() };
  const expiresInMinutes = Number(typed.minutes || Number.NaN);
  if (Number.isNaN(expiresInMinutes))
    return show(request, { faults: { expiresInMinutes: texts.say('reason.wrong_type') }, typed });
  try {
    const body = { appId, expiresInMinutes, ...(typed.name && { name: typed.name }) };
    const tokens = await host.tokens.issueSuperUserToken(body);
    await request.audit({ action: 'issueSuperUserToken', host: hostId, appId, target: typed.name });
    return appPage(request, 'super-user', 'key.superUser', {
      jwt: tokens.jwt,
      access: tokens['access-token'],
    });
  } catch (error) {
    const { field, text } = faultOf(texts, error);
    const name = field === 'expiresInMinutes' ? field : 'name';
    return show(request, { faults: { [name]: text }, typed });
  }
}

/** Looks at a token with the eyes of a verifier. */
async function check(request: AppRequest): Promise<PortalReply> {
  const { form, host, appId, texts } = request;
  const typed = { token: form.get('token').trim(), as: form.get('as'), audience: form.get('audience') };
  const as: Verifier = VERIFIERS.find((name) => name === typed.as) ?? 'generic';
  if (typed.token === '') return show(request, { faults: { token: texts.say('reason.missing') }, typed });
  const audience = typed.audience
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  try {
    const options = audience.length > 0 ? { audience } : undefined;
    const checked = await host.tokens.verify({ appId, token: typed.token, as, ...(options && { options }) });
    return show(request, { checked, typed });
  } catch (error) {
    return show(request, { faults: { token: faultOf(texts, error).text }, typed });
  }
}
