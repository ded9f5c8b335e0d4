import { z } from 'zod';
import { testMailAccount, testSmsAccount } from '../../../domain/portal/own-account-test.ts';
import { refused } from '../../../model/errors.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { appId, handle } from '../../wire/portal-parameter.ts';
import { smsTestAnswer, wireSmsTest } from '../../wire/sms-test.ts';
import { localeText } from '../../wire/user-parameter.ts';

/** Mail, SMS and push accounts (contract §4.6.25, 26, 42). */
export const providerRoutes = [
  portalRoute({
    method: 'POST',
    path: '/api/app/testEmailExtension',
    summary: 'Sends a test mail through the mail account of the app.',
    input: z.object({ appId }),
    answer: doneAnswer,
    errors: ['app_gone', 'refused', 'message_refused'],
    respond: ({ deps, input }) => testMailAccount(deps, input),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/testAppTwilio',
    summary: 'Sends a test SMS.',
    input: z.object({
      appId,
      phone: z.string().max(64),
      handle: handle.optional(),
      locale: localeText.optional(),
    }),
    answer: smsTestAnswer,
    errors: ['app_gone', 'invalid_data', 'refused', 'message_refused'],
    reasons: ['invalid_phone'],
    log: { action: 'testAppTwilio' },
    respond: async ({ deps, input }) => {
      await testSmsAccount(deps, input);
      return wireSmsTest();
    },
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/remoteNotification',
    summary: 'Refused: the host has no push provider.',
    input: z.object({
      userId: z.string().max(256),
      senderId: z.string().max(256).optional(),
      message: z.string().max(65_536),
    }),
    answer: z.never(),
    errors: ['refused'],
    respond: () => {
      throw refused('this host has no push provider');
    },
  }),
];
