import { HostError, isHostError } from '../model/errors.ts';
import type { Deps } from '../ports/deps.ts';
import { usedLocale } from './locale.ts';
import { findTemplate } from './message.ts';
import {
  type CompletionDeps,
  finishSignup,
  inspectSignupLink,
  type SignupProof,
} from './signup-completion.ts';

type LinkDeps = CompletionDeps & Pick<Deps, 'activity' | 'renderer'>;

/** A landing page and its HTTP status. */
export interface Landing {
  html: string;
  status: number;
}
type PageName = 'confirm' | 'verified' | 'expired' | 'invalid';
const STATUS: Readonly<Record<PageName, number>> = {
  confirm: 200,
  verified: 200,
  expired: 410,
  invalid: 400,
};

/**
 * What a signup link shows (operator §6). `completes`: the button was pressed, or the app wants no button; without it nothing is spent, so
 * that scanners may open links. A link opened again shows the verified page for as long as it would have lived. The page is in the
 * signup's language. Throws the app's status, `signup_disabled` and `service_unavailable`.
 */
export async function openSignupLink(
  deps: LinkDeps,
  { completes, ...proof }: SignupProof & { completes: boolean },
): Promise<Landing> {
  const { state, locale } = await inspectSignupLink(deps, proof);
  if (state === 'verified') return landing(deps, proof, 'verified', locale);
  if (state !== 'pending') {
    record(deps, proof, new HostError(state === 'expired' ? 'signup_expired' : 'invalid_data'));
    return landing(deps, proof, state, locale);
  }
  if (!completes) return landing(deps, proof, 'confirm', locale);
  return landing(deps, proof, await complete(deps, proof), locale);
}

async function complete(deps: LinkDeps, proof: SignupProof): Promise<PageName> {
  try {
    await finishSignup(deps, proof);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    // Of two clicks at the same time one comes second: for the person it is done.
    const done =
      isHostError(error, 'handle_taken') && (await inspectSignupLink(deps, proof)).state === 'verified';
    if (done) return 'verified';
    record(deps, proof, error);
    if (error.error === 'service_unavailable') throw error;
    return 'invalid';
  }
  record(deps, proof, undefined);
  return 'verified';
}

async function landing(
  deps: Pick<Deps, 'store' | 'renderer'>,
  { app, handle, code }: SignupProof,
  name: PageName,
  signupLocale: string | undefined,
): Promise<Landing> {
  const locale = usedLocale(app, signupLocale);
  const template = name === 'verified' ? await findTemplate(deps, app, 'clickThrough', locale) : undefined;
  const values = { HANDLE: handle.trim(), APP_NAME: app.name, CODE: code };
  return { html: deps.renderer.page({ name, locale, template, values }), status: STATUS[name] };
}

/** The app's log row, as for the JSON route of that name (contract §2.4); merely showing a page is no outcome. */
function record(
  deps: Pick<Deps, 'activity'>,
  { app, handle }: SignupProof,
  error: HostError | undefined,
): void {
  const value = error
    ? { code: error.code, message: error.message }
    : { handle: handle.trim(), status: true };
  deps.activity.record({
    appId: app.id,
    handle: handle.trim(),
    action: 'completeSignup',
    value: JSON.stringify(value),
    logType: 'user',
    status: error ? 'error' : 'success',
  });
}
