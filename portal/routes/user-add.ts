import { createHash } from 'node:crypto';
import { type AppRequest, appPage, appRoute } from '../app/app-route.ts';
import { type Fault, faultOf } from '../fault.ts';
import { type PortalReply, type PortalRoute, redirect } from '../frame/route.ts';

const ADD = '/users/add';

/** Adding a user who need not confirm anything. */
export const userAddRoutes: PortalRoute[] = [
  appRoute({ method: 'GET', path: ADD, may: 'actOnUser', respond: (request) => show(request, '') }),
  appRoute({ method: 'POST', path: ADD, may: 'actOnUser', respond: add }),
];

function show(request: AppRequest, handle: string, fault?: Fault): Promise<PortalReply> {
  const { app, base } = request;
  const isPassword = fault?.field?.startsWith('password') ?? false;
  const model = {
    address: base + ADD,
    back: `${base}/users`,
    isPhone: app.handle === 'phone',
    handle,
    errors: {
      handle: fault && !isPassword ? fault.text : undefined,
      password: fault && isPassword ? fault.text : undefined,
    },
  };
  return appPage(request, 'user-add', 'users.add', model, { status: fault ? 422 : 200 });
}

async function add(request: AppRequest): Promise<PortalReply> {
  const { deps, form, texts, host, hostId, appId, base, audit } = request;
  const handle = form.get('handle').trim();
  const passwordText = form.get('password');
  if (handle === '') return show(request, '', { field: 'handle', text: texts.say('reason.missing') });
  try {
    // Without a password the person chooses one: nobody knows what stands there until then.
    const password =
      passwordText === ''
        ? { password: createHash('md5').update(deps.codes.newSecret()).digest('hex') }
        : { passwordText };
    const { _id } = await host.users.add({ appId, handle, ...password });
    await audit({ action: 'addUser', host: hostId, appId, target: _id });
    if (passwordText !== '') return redirect(`${base}/users/${_id}`, { notice: 'users.added' });
    const isSent = await host.users.sendPasswordReset({ appId, userId: _id }).catch(() => false);
    return redirect(`${base}/users/${_id}`, { notice: isSent ? 'users.addedSent' : 'users.addedUnsent' });
  } catch (error) {
    return show(request, handle, faultOf(texts, error));
  }
}
