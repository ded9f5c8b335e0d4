import { z } from 'zod';
import { type LandingPage, openSignupLink } from '../../../domain/joining/signup-link.ts';
import type { AppCaller } from '../../../model/caller.ts';
import type { Deps } from '../../../ports/deps.ts';
import { typedText } from '../../frame/typed-text.ts';
import { PageReply, type Route, userRoute } from '../../route.ts';
import { handleText, newPassword, signupCode } from '../../wire/user-parameter.ts';

const STATUS: Readonly<Record<LandingPage, number>> = {
  confirm: 200,
  verified: 200,
  'verified-set-password': 200,
  expired: 410,
  invalid: 400,
};

const link = z.object({ handle: handleText, code: signupCode });

/**
 * The verification link in a mail and the button of its page (operator §6). The JSON POST of this path is in
 * `appuser/signup.ts`.
 */
export const landingRoutes: Route[] = [
  userRoute({
    method: 'GET',
    path: '/api/appuser/completeSignup',
    summary: 'Opens the verification link: a page that asks for confirmation, or completes the signup.',
    caller: 'link',
    page: true,
    input: link,
    answer: { media: 'text/html' },
    errors: ['app_suspended', 'signup_disabled', 'signup_expired', 'app_migrated', 'handle_taken'],
    respond: ({ deps, caller, input, request }) =>
      show(deps, caller, input, caller.app.linkConfirmation === 'immediate' && !request.idle),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/completeSignup',
    summary: 'Completes a signup from the button of the confirmation page.',
    caller: 'link',
    page: true,
    input: link.extend({
      password: newPassword.optional(),
      passwordText: typedText('password', { orEmpty: true }),
    }),
    answer: { media: 'text/html' },
    errors: ['app_suspended', 'signup_disabled', 'signup_expired', 'app_migrated', 'handle_taken'],
    respond: ({ deps, caller, input }) => show(deps, caller, input, true),
  }),
];

async function show(
  deps: Deps,
  { app }: AppCaller,
  proof: z.infer<typeof link> & { password?: string | undefined },
  completes: boolean,
) {
  const { page, html } = await openSignupLink(deps, { app, ...proof, completes });
  return new PageReply(html, STATUS[page]);
}
