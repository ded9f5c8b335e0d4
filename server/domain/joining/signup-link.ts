import type { App } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { isContested, type Signup } from '../../model/signup.ts';
import { lacksPassword } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { findTemplate } from '../messages/message.ts';
import { usedLocale } from '../users/locale.ts';
import {
  type CompletionDeps,
  finishSignup,
  type ProvenSignup,
  proveSignup,
  type SignupProof,
} from './signup-completion.ts';
import { noteStep } from './signup-steps.ts';

const ROW_ID = /^[\da-f]{24}$/;
const LINK_CODE = /^\d{39}$/;

type LinkDeps = CompletionDeps & Pick<Deps, 'activity' | 'renderer'>;

/** What a link leads to. */
export type LandingPage = 'confirm' | 'verified' | 'verified-set-password' | 'expired' | 'invalid';
export interface Landing {
  page: LandingPage;
  html: string;
  /** The one picture on it. */
  logoUrl?: string | undefined;
}

/** How somebody came: by the link, by the button of its page, or without having asked to see anything yet. */
export type Coming = 'link' | 'button' | 'idly';
interface Opening {
  by: Coming;
  password?: string | undefined;
}

/**
 * The address that completes a signup (additions §8): always below `API_URL`. A code is of digits, so there
 * is nothing to encode.
 */
export function signupLink({ config }: Pick<Deps, 'config'>, { id }: Signup, code: string): string {
  return `${config.apiUrl}/confirm/${id}/${code}`;
}

/**
 * What `signupLink` shows: as `openSignupLink`, and the plain page `invalid` when there is no such signup or
 * its app is gone.
 */
export async function openShortLink(
  deps: LinkDeps,
  {
    signupId,
    onApp,
    ...opening
  }: Opening & { signupId: string; code: string; onApp: (appId: string) => void },
): Promise<Landing> {
  const isLink = ROW_ID.test(signupId) && LINK_CODE.test(opening.code);
  const signup = isLink ? await deps.store.signups.findByLink(signupId) : undefined;
  const app = signup && (await deps.store.apps.find(signup.appId));
  if (!app) return { page: 'invalid', html: plainPage(deps, 'invalid') };
  onApp(app.id);
  return openSignupLink(deps, { app, handle: signup.handle, ...opening });
}

/**
 * What a signup link shows (operator §6). The button completes, and in an app that wants none the link;
 * otherwise nothing is spent, so that scanners may open links. `password` chooses among the requests of a
 * contested signup. A link opened again shows the verified page for as long as it would have lived. The page
 * is in the signup's language. Throws the app's status, `signup_disabled` and `service_unavailable`.
 */
export async function openSignupLink(
  deps: LinkDeps,
  { by, password, ...proof }: SignupProof & Opening,
): Promise<Landing> {
  const proven = await proveSignup(deps, proof);
  if (!proven || proven.state === 'expired') {
    record(deps, proof, new HostError(proven ? 'signup_expired' : 'invalid_data'));
    return landing(deps, proof, proven ? 'expired' : 'invalid', proven?.signup);
  }
  const { signup, state } = proven;
  if (by !== 'idly') await noteStep(deps, proof.app, signup, 'opened');
  if (completes(proof.app, by))
    return landing(deps, proof, await complete(deps, { proof, proven, password }), signup);
  return landing(deps, proof, state === 'pending' ? 'confirm' : await verified(deps, signup), signup);
}

function completes({ linkConfirmation }: App, by: Coming): boolean {
  return by === 'button' || (by === 'link' && linkConfirmation === 'immediate');
}

async function complete(
  deps: LinkDeps,
  { proof, proven, password }: { proof: SignupProof; proven: ProvenSignup; password: string | undefined },
): Promise<LandingPage> {
  const { id, appId } = proven.signup;
  try {
    await finishSignup(deps, { app: proof.app, proven, password });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    // Of two clicks at the same time one comes second, as does a later one: for the person it is done.
    const done = isHostError(error, 'handle_taken') && (await deps.store.signups.find(appId, id));
    if (done && done.status === 'verified') return verified(deps, done);
    record(deps, proof, error);
    if (error.error === 'service_unavailable') throw error;
    return 'invalid';
  }
  record(deps, proof, undefined);
  return verified(deps, proven.signup);
}

/** The page of an account that is there; one that was made without a password may wait for it still. */
async function verified(deps: Pick<Deps, 'store'>, { appId, handle }: Signup): Promise<LandingPage> {
  const user = await deps.store.users.findByHandle(appId, handle);
  return user && lacksPassword(user) ? 'verified-set-password' : 'verified';
}

function plainPage({ renderer }: Pick<Deps, 'renderer'>, name: 'invalid'): string {
  return renderer.page({ name, locale: DEFAULT_LOCALE, template: undefined, values: {} });
}

async function landing(
  deps: Pick<Deps, 'store' | 'renderer'>,
  { app, handle, code }: SignupProof,
  page: LandingPage,
  signup: Signup | undefined,
): Promise<Landing> {
  const locale = usedLocale(app, signup?.locale);
  const template = page === 'verified' ? await findTemplate(deps, app, 'clickThrough', locale) : undefined;
  const contested = signup !== undefined && isContested(signup);
  const values = { HANDLE: handle.trim(), APP_NAME: app.name, CODE: code, CONTESTED: contested ? 'yes' : '' };
  const html = deps.renderer.page({ name: page, locale, template, values, app });
  // A text of the app's own may show pictures from anywhere.
  return { page, html, logoUrl: template ? undefined : app.logoUrl };
}

/**
 * The app's log row, as for the JSON route of that name (contract §2.4); merely showing a page is no outcome.
 */
function record(
  deps: Pick<Deps, 'activity'>,
  { app, handle }: SignupProof,
  error: HostError | undefined,
): void {
  const value = error
    ? { code: error.code, message: error.message }
    : { handle: handle.trim(), status: true };
  const row = {
    appId: app.id,
    handle: handle.trim(),
    action: 'completeSignup',
    value: JSON.stringify(value),
    logType: 'user',
  } as const;
  if (error) deps.activity.recordFailure({ ...row, status: 'error' });
  else deps.activity.record({ ...row, status: 'success' });
}
