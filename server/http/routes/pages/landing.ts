import { z } from 'zod';
import {
  type Coming,
  type Landing,
  type LandingPage,
  openShortLink,
  openSignupLink,
} from '../../../domain/joining/signup-link.ts';
import { typedText } from '../../frame/typed-text.ts';
import { PageReply, type RequestFacts, type Route, userRoute } from '../../route.ts';
import { handleText, newPassword, signupCode } from '../../wire/user-parameter.ts';

const STATUS: Readonly<Record<LandingPage, number>> = {
  confirm: 200,
  verified: 200,
  'verified-set-password': 200,
  expired: 410,
  invalid: 400,
};
const ERRORS = [
  'app_suspended',
  'signup_disabled',
  'signup_expired',
  'app_migrated',
  'handle_taken',
] as const;
const OPENS = 'a page that asks for confirmation, or completes the signup.';

const formPassword = {
  password: newPassword.optional(),
  passwordText: typedText('password', { orEmpty: true }),
};
const link = z.object({ handle: handleText, code: signupCode });
/** Whatever stands there leads to a page: what cannot be a signup or a code is none. */
const shortLink = z.object({ signupId: z.string().max(64), code: z.string().max(64) });

/**
 * The verification link in a mail and the button of its page (operator §6). The JSON POST of the old path is
 * in `appuser/signup.ts`.
 */
export const landingRoutes: Route[] = [
  userRoute({
    method: 'GET',
    path: '/api/appuser/completeSignup',
    summary: `Opens a verification link of before: ${OPENS}`,
    caller: 'link',
    page: true,
    input: link,
    answer: { media: 'text/html' },
    errors: ERRORS,
    respond: async ({ deps, caller: { app }, input, request }) =>
      pageOf(await openSignupLink(deps, { app, ...input, by: comingOf(request) })),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/completeSignup',
    summary: 'Completes a signup from the button of the confirmation page.',
    caller: 'link',
    page: true,
    input: link.extend(formPassword),
    answer: { media: 'text/html' },
    errors: ERRORS,
    respond: async ({ deps, caller: { app }, input }) =>
      pageOf(await openSignupLink(deps, { app, ...input, by: 'button' })),
  }),
  userRoute({
    method: 'GET',
    path: '/confirm/:signupId/:code',
    summary: `Opens the verification link of a message: ${OPENS}`,
    caller: 'nobody',
    open: true,
    page: true,
    input: shortLink,
    answer: { media: 'text/html' },
    errors: ERRORS,
    respond: async ({ deps, input, request }) =>
      pageOf(await openShortLink(deps, { ...input, by: comingOf(request), onApp: request.tellApp })),
  }),
  userRoute({
    method: 'POST',
    path: '/confirm/:signupId/:code',
    summary: 'Completes a signup from the button of the page of its link.',
    caller: 'nobody',
    open: true,
    page: true,
    input: shortLink.extend(formPassword),
    answer: { media: 'text/html' },
    errors: ERRORS,
    respond: async ({ deps, input, request: { tellApp } }) => {
      const opening = { ...input, by: 'button', onApp: tellApp } as const;
      return pageOf(await openShortLink(deps, opening));
    },
  }),
];

function comingOf({ idle }: RequestFacts): Coming {
  return idle ? 'idly' : 'link';
}

function pageOf({ page, html, logoUrl }: Landing): PageReply {
  return new PageReply(
    html,
    STATUS[page],
    logoUrl === undefined ? {} : { picturesFrom: new URL(logoUrl).origin },
  );
}
