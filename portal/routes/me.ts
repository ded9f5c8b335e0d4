import {
  beginTotp,
  changePassword,
  confirmTotp,
  disableTotp,
  replaceRecoveryCodes,
  setPreferences,
} from '../../server/domain/operators/own-account.ts';
import { isSteppedUp, keepForm, openSession, sessionsOf } from '../../server/domain/operators/sessions.ts';
import { deviceOf } from '../device.ts';
import { Cookies } from '../frame/cookies.ts';
import { ownAddress } from '../frame/origin-rules.ts';
import {
  operatorRoute,
  type PortalReply,
  type PortalRoute,
  page,
  type Request,
  redirect,
  type Visit,
  visitorRoute,
} from '../frame/route.ts';
import { isLanguage, isZone } from '../frame/texts.ts';
import { owesFactor } from '../roles.ts';

const ME = '/portal/me';
const mine = { may: 'ownAccount', first: true } as const;

/** The operator's own account, and what every page lets them choose. */
export const meRoutes: PortalRoute[] = [
  operatorRoute({ method: 'GET', path: ME, ...mine, respond: (request) => show(request) }),
  operatorRoute({ method: 'POST', path: `${ME}/password`, ...mine, respond: newPassword }),
  operatorRoute({
    method: 'GET',
    path: `${ME}/factor`,
    ...mine,
    respond: showFactor,
  }),
  operatorRoute({ method: 'POST', path: `${ME}/factor`, ...mine, stepUp: true, respond: switchOn }),
  operatorRoute({ method: 'POST', path: `${ME}/factor/off`, ...mine, stepUp: true, respond: switchOff }),
  operatorRoute({ method: 'POST', path: `${ME}/recovery`, ...mine, stepUp: true, respond: newCodes }),
  operatorRoute({ method: 'POST', path: `${ME}/sessions`, ...mine, respond: endSessions }),
  operatorRoute({ method: 'POST', path: `${ME}/preferences`, ...mine, respond: prefer }),
  operatorRoute({ method: 'POST', path: '/portal/sign-out', ...mine, respond: signOut }),
  visitorRoute({ method: 'POST', path: '/portal/language', respond: chooseLanguage }),
  visitorRoute({ method: 'POST', path: '/portal/theme', respond: chooseTheme }),
];

type Errors = { current?: string; wanted?: string; zone?: string };

async function show(request: Request, errors: Errors = {}): Promise<PortalReply> {
  const { deps, operator, session, texts } = request;
  const sessions = (await sessionsOf(deps, operator)).map((row) => ({
    id: row.id,
    device: deviceOf(row.userAgent),
    address: row.address,
    createdAt: row.createdAt,
    seenAt: row.seenAt ?? row.createdAt,
    current: row.id === session.id,
  }));
  const model = {
    email: operator.email,
    role: texts.say(`role.${operator.role}`),
    factor: operator.totpSecret !== undefined,
    factorDue: owesFactor(operator, deps.config.apiUrl),
    recoveryLeft: operator.recoveryCodes.length,
    sessions,
    several: sessions.length > 1,
    zone: operator.zone ?? 'UTC',
    errors: { current: errors.current, wanted: errors.wanted, zone: errors.zone },
  };
  const status = Object.keys(errors).length > 0 ? 422 : 200;
  return page('me', 'me.title', model, { status });
}

async function newPassword(request: Request): Promise<PortalReply> {
  const { deps, operator, form, address, userAgent, texts, secure } = request;
  const passwords = { current: form.get('current'), wanted: form.get('wanted') };
  const change = await changePassword(deps, operator, { ...passwords, address });
  if (change.state === 'wrong') return show(request, { current: texts.say('me.wrongPassword') });
  if (change.state === 'weak') return show(request, { wanted: texts.say(`password.${change.fault}`) });
  const place = { address, userAgent, notice: 'me.passwordChanged' };
  const { secret } = await openSession(deps, change.operator, place);
  return redirect(ME, { cookies: [new Cookies(secure).setSession(secret)] });
}

/** The waiting secret is for whoever just proved who they are: a session alone must not tie a phone to it. */
async function showFactor(request: Request): Promise<PortalReply> {
  const { deps, operator, session } = request;
  if (operator.totpSecret !== undefined || isSteppedUp(deps, session)) return enrol(request, false);
  const id = await keepForm(deps, session, { path: `${ME}/factor`, body: '' });
  return redirect(`/portal/confirm?form=${id ?? ''}`);
}

async function enrol({ deps, operator }: Request, failed: boolean): Promise<PortalReply> {
  if (operator.totpSecret !== undefined) return redirect(ME);
  const { secret, uri, qrPng } = await beginTotp(deps, operator);
  const model = { secret, uri, picture: `data:image/png;base64,${qrPng}`, failed };
  return page('factor', 'me.switchOn', model, { status: failed ? 422 : 200 });
}

async function switchOn(request: Request): Promise<PortalReply> {
  const { deps, operator, form, address } = request;
  // The button of the own account comes without a code.
  if (!form.has('code') || operator.totpSecret !== undefined) return redirect(`${ME}/factor`);
  const code = form.get('code').replaceAll(/\s/g, '');
  const codes = await confirmTotp(deps, operator, { code, address });
  return codes ? page('recovery', 'me.recoveryCodes', { codes }) : enrol(request, true);
}

async function switchOff({ deps, operator, address }: Request): Promise<PortalReply> {
  await disableTotp(deps, operator, address);
  return redirect(ME, { notice: 'me.factorOff' });
}

async function newCodes({ deps, operator, address }: Request): Promise<PortalReply> {
  const codes = await replaceRecoveryCodes(deps, operator, address);
  return codes ? page('recovery', 'me.recoveryCodes', { codes }) : redirect(ME);
}

async function endSessions({ deps, operator, session, form }: Request): Promise<PortalReply> {
  const wanted = form.get('id');
  for (const { id } of await sessionsOf(deps, operator)) {
    if (id !== session.id && (wanted === '' || wanted === id)) await deps.store.operatorSessions.remove(id);
  }
  return redirect(ME, { notice: 'me.sessionsEnded' });
}

async function prefer(request: Request): Promise<PortalReply> {
  const { deps, operator, form, texts } = request;
  const zone = form.get('zone').trim() || 'UTC';
  if (!isZone(zone)) return show(request, { zone: texts.say('me.unknownZone') });
  await setPreferences(deps, operator, { zone, keyboard: form.has('keyboard') });
  return redirect(ME, { notice: 'saved' });
}

async function signOut({ deps, session, secure }: Request): Promise<PortalReply> {
  await deps.store.operatorSessions.remove(session.id);
  return redirect('/portal/sign-in', { cookies: [new Cookies(secure).endSession()] });
}

async function chooseLanguage(visit: Visit): Promise<PortalReply> {
  const language = visit.form.get('language');
  const to = ownAddress(visit.form.get('to'));
  if (!isLanguage(language)) return redirect(to);
  if (visit.signedIn) await setPreferences(visit.deps, visit.signedIn.operator, { locale: language });
  return redirect(to, { cookies: [new Cookies(visit.secure).setLanguage(language)] });
}

async function chooseTheme({ form, secure }: Visit): Promise<PortalReply> {
  const theme = form.get('theme') === 'dark' ? 'dark' : 'light';
  return redirect(ownAddress(form.get('to')), { cookies: [new Cookies(secure).setTheme(theme)] });
}
