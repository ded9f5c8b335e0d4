import { z } from 'zod';
import { testMail, testSms } from '../../../domain/portal/test-message.ts';
import { portalRoute } from '../../route.ts';
import { appId } from '../../wire/portal-parameter.ts';
import { testOutcomeAnswer, wireTestOutcome } from '../../wire/test-outcome.ts';
import { handleText } from '../../wire/user-parameter.ts';

const input = z.object({ to: handleText, appId: appId.optional() });

/** Test messages of the host (additions §3). */
export const hostTestRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/host/testMail',
    summary: 'Sends a test mail and tells how every step on its way fared.',
    input,
    answer: testOutcomeAnswer,
    errors: ['app_gone', 'refused', 'invalid_data', 'too_many_requests'],
    reasons: ['invalid_handle', 'invalid_phone'],
    respond: async ({ deps, input: { to, appId } }) => wireTestOutcome(await testMail(deps, { to, appId })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/host/testSms',
    summary: 'Sends a test SMS and tells how every step on its way fared.',
    input,
    answer: testOutcomeAnswer,
    errors: ['app_gone', 'refused', 'invalid_data', 'too_many_requests'],
    reasons: ['invalid_handle', 'invalid_phone'],
    respond: async ({ deps, input: { to, appId } }) => wireTestOutcome(await testSms(deps, { to, appId })),
  }),
];
