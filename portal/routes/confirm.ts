import { setNotice, stepUp } from '../../server/domain/operators/sessions.ts';
import { isOwnCode, isOwnPassword } from '../../server/domain/operators/sign-in.ts';
import { Cookies } from '../frame/cookies.ts';
import { Form } from '../frame/form.ts';
import { Refusal } from '../frame/refusal.ts';
import { operatorRoute, type PortalReply, type PortalRoute, page, type Request } from '../frame/route.ts';
import type { Router } from '../frame/router.ts';
import { accessOf } from '../roles.ts';

/** The page that asks for a fresh proof, and sends the form on that asked for it. */
export function confirmRoutes(router: () => Router): PortalRoute[] {
  return [
    operatorRoute({
      method: 'GET',
      path: '/portal/confirm',
      may: 'ownAccount',
      first: true,
      respond: async (request) => confirmPage(request, request.query.get('form') ?? '', false),
    }),
    operatorRoute({
      method: 'POST',
      path: '/portal/confirm',
      may: 'ownAccount',
      first: true,
      respond: (request) => confirm(request, router()),
    }),
  ];
}

function confirmPage({ deps, operator, session }: Request, id: string, failed: boolean): PortalReply {
  const { waiting } = session;
  if (!waiting || waiting.id !== id || waiting.until <= deps.clock.now())
    return page('confirm-over', 'confirm.over', {}, { status: 404 });
  const model = { id, code: operator.totpSecret !== undefined, failed };
  return page('confirm', 'confirm.title', model, { status: failed ? 422 : 200 });
}

async function confirm(request: Request, router: Router): Promise<PortalReply> {
  const { deps, operator, session, form } = request;
  const { waiting } = session;
  const id = form.get('form');
  if (!waiting || waiting.id !== id || waiting.until <= deps.clock.now())
    return confirmPage(request, id, false);
  const isRight =
    operator.totpSecret === undefined
      ? await isOwnPassword(deps, operator, form.get('password'))
      : await isOwnCode(deps, operator, form.get('code'));
  if (!isRight) return confirmPage(request, id, true);
  const moved = await stepUp(deps, session);
  if (!moved) throw new Refusal(503);
  const found = router.find('POST', waiting.path);
  if (found?.route.who !== 'operator' || accessOf(operator, found.route.may) === 'none')
    throw new Refusal(403);
  const { route, params } = found;
  let reply = await route.respond({
    ...request,
    path: waiting.path,
    params,
    query: new URLSearchParams(),
    form: new Form(waiting.body),
    session: moved.session,
    isProven: true,
    access: accessOf(operator, route.may),
  });
  if (reply.kind === 'redirect') {
    // The frame knows the session of before.
    if (reply.notice) await setNotice(deps, moved.session, reply.notice);
    reply = { ...reply, notice: undefined };
  }
  return { ...reply, cookies: [new Cookies(request.secure).setSession(moved.secret), ...reply.cookies] };
}
