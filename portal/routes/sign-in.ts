import { enter, findEntry, hasOperators } from '../../server/domain/operators/entry.ts';
import { openSession } from '../../server/domain/operators/sessions.ts';
import { isOwnCode, noteSignIn, signIn } from '../../server/domain/operators/sign-in.ts';
import type { Operator } from '../../server/model/operator.ts';
import { Cookies } from '../frame/cookies.ts';
import { ownAddress } from '../frame/origin-rules.ts';
import {
  type PortalReply,
  type PortalRoute,
  page,
  redirect,
  type Visit,
  visitorRoute,
} from '../frame/route.ts';

const SIGN_IN = '/portal/sign-in';

/** Ways in: password, code, one-time link. */
export const signInRoutes: PortalRoute[] = [
  visitorRoute({ method: 'GET', path: SIGN_IN, respond: showSignIn }),
  visitorRoute({ method: 'POST', path: SIGN_IN, respond: judgeSignIn }),
  visitorRoute({ method: 'GET', path: `${SIGN_IN}/code`, respond: showCode }),
  visitorRoute({ method: 'POST', path: `${SIGN_IN}/code`, respond: judgeCode }),
  visitorRoute({ method: 'GET', path: '/portal/enter/:token', respond: showEntry }),
  visitorRoute({ method: 'POST', path: '/portal/enter/:token', respond: useEntry }),
];

async function showSignIn({ deps, query, signedIn }: Visit): Promise<PortalReply> {
  if (signedIn) return redirect(ownAddress(query.get('to')));
  if (!(await hasOperators(deps))) return page('nobody', 'nobody.title');
  return page('sign-in', 'signIn.title', { to: ownAddress(query.get('to')), email: '', failed: false });
}

async function judgeSignIn(visit: Visit): Promise<PortalReply> {
  const { deps, form } = visit;
  const [email, to] = [form.get('email'), ownAddress(form.get('to'))];
  const right = await signIn(deps, { email, password: form.get('password') });
  if (!right) return page('sign-in', 'signIn.title', { to, email, failed: true }, { status: 401 });
  if (!right.codeDue) return begin(visit, right.operator, to);
  const { id, epoch } = right.operator;
  const pass = { csrf: visit.csrf, pending: { operatorId: id, epoch } };
  const cookie = cookiesOf(visit).setEntry(pass, deps.cipher, deps.clock.now());
  return redirect(`${SIGN_IN}/code?to=${encodeURIComponent(to)}`, { cookies: [cookie] });
}

async function showCode({ query, pending }: Visit): Promise<PortalReply> {
  if (!pending) return redirect(SIGN_IN);
  return codePage({ to: ownAddress(query.get('to')), recovery: query.has('recovery'), failed: false });
}

async function judgeCode(visit: Visit): Promise<PortalReply> {
  const { deps, form, pending } = visit;
  const operator = pending && (await deps.store.operators.find(pending.operatorId));
  if (!operator || operator.epoch !== pending?.epoch) return redirect(SIGN_IN);
  const to = ownAddress(form.get('to'));
  const recovery = form.has('recovery');
  const isRight = await isOwnCode(deps, operator, form.get(recovery ? 'recovery' : 'code'));
  return isRight ? begin(visit, operator, to) : codePage({ to, recovery, failed: true });
}

function codePage(model: { to: string; recovery: boolean; failed: boolean }): PortalReply {
  return page('code', 'signIn.title', model, { status: model.failed ? 401 : 200 });
}

async function showEntry({ deps, params }: Visit): Promise<PortalReply> {
  const operator = await findEntry(deps, params.token ?? '');
  if (!operator) return page('entry-over', 'enter.over', {}, { status: 404 });
  return page('enter', 'enter.title', { email: operator.email, fault: undefined });
}

async function useEntry(visit: Visit): Promise<PortalReply> {
  const { deps, params, form, address } = visit;
  const secret = params.token ?? '';
  const entered = await enter(deps, { secret, password: form.get('password'), address });
  if (entered.state === 'gone') return page('entry-over', 'enter.over', {}, { status: 404 });
  if (entered.state === 'weak') {
    const operator = await findEntry(deps, secret);
    const model = { email: operator?.email ?? '', fault: visit.texts.say(`password.${entered.fault}`) };
    return page('enter', 'enter.title', model, { status: 422 });
  }
  const { operator } = entered;
  // The link stands in for the password alone.
  return operator.totpSecret === undefined ? begin(visit, operator, '/portal') : redirect(SIGN_IN);
}

/** A session under a new secret: whatever cookie the browser had before means nothing any more. */
async function begin(visit: Visit, operator: Operator, to: string): Promise<PortalReply> {
  const { deps, address, userAgent } = visit;
  const { secret } = await openSession(deps, operator, { address, userAgent });
  await noteSignIn(deps, operator, address);
  const cookies = cookiesOf(visit);
  return redirect(to, { cookies: [cookies.setSession(secret), cookies.endEntry()] });
}

function cookiesOf({ secure }: Visit): Cookies {
  return new Cookies(secure);
}
