import { z } from 'zod';
import { patchLocales, setLocales } from '../../../domain/apps/app-locales.ts';
import {
  previewTemplate,
  resetTemplate,
  templatesByLocale,
  updateTemplate,
} from '../../../domain/portal/templates.ts';
import { sendTestMessage } from '../../../domain/portal/test-message.ts';
import { LOCALES, languageOf } from '../../../model/locale.ts';
import { TEXT_LENGTHS } from '../../../model/portal-limits.ts';
import { TEMPLATE_NAMES } from '../../../model/template.ts';
import { portalRoute } from '../../route.ts';
import { doneAnswer } from '../../wire/done.ts';
import { appId, mailAddress, plainText, rowId } from '../../wire/portal-parameter.ts';
import {
  localesAnswer,
  portalTemplate,
  portalTemplateAnswer,
  portalTemplates,
  portalTemplatesAnswer,
  previewAnswer,
  templateRef,
  wireLocales,
  wirePreview,
} from '../../wire/template.ts';
import { testOutcomeAnswer, wireTestOutcome } from '../../wire/test-outcome.ts';
import { handleText } from '../../wire/user-parameter.ts';

const subject = plainText(TEXT_LENGTHS.subject);
const htmlTemplate = z.string().max(TEXT_LENGTHS.htmlTemplate);
const replyTo = mailAddress.optional();
const templateName = z.enum(TEMPLATE_NAMES);
const locale = z
  .string()
  .max(35)
  .transform((tag) => languageOf(tag))
  .pipe(z.enum([...LOCALES]));
const localeLinkText = plainText(TEXT_LENGTHS.localeLinkText).optional();

/** Texts and locales of an app (contract §4.6.31–33, 43; operator §7). */
export const templateRoutes = [
  portalRoute({
    method: 'GET',
    path: '/api/app/emailTemplates',
    summary: 'The texts of an app by locale.',
    input: z.object({ appId }),
    answer: portalTemplatesAnswer,
    errors: [],
    failsStatus: { app_gone: 403 },
    respond: async ({ deps, input }) => portalTemplates(await templatesByLocale(deps, input.appId)),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/updateEmailTemplate',
    summary: 'Changes a text.',
    input: z.object({ appId, _id: rowId, subject, htmlTemplate, replyTo, localeLinkText }),
    answer: portalTemplateAnswer,
    errors: ['refused'],
    failsStatus: { app_gone: 403, app_suspended: 403, template_unknown: 403 },
    log: { action: 'updateEmailTemplate', value: ({ _id }) => JSON.stringify({ _id }) },
    respond: async ({ deps, input }) =>
      portalTemplate(await updateTemplate(deps, { appId: input.appId, id: input._id, text: input })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/previewTemplate',
    summary: 'A text filled with sample values.',
    input: z.object({
      appId,
      _id: rowId.optional(),
      templateName: templateName.optional(),
      locale: locale.optional(),
      subject: subject.optional(),
      htmlTemplate: htmlTemplate.optional(),
      replyTo,
      localeLinkText,
    }),
    answer: previewAnswer,
    errors: ['refused'],
    failsStatus: { app_gone: 403, template_unknown: 403 },
    respond: async ({ deps, input }) => {
      const preview = { appId: input.appId, ref: templateRef(input), text: input };
      return wirePreview(await previewTemplate(deps, preview));
    },
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/resetTemplate',
    summary: 'Takes an edited text back: the built-in one is sent again.',
    input: z.object({ appId, templateName, locale }),
    answer: portalTemplateAnswer,
    errors: ['refused'],
    failsStatus: { app_gone: 403 },
    log: {
      action: 'resetTemplate',
      value: ({ templateName, locale }) => JSON.stringify({ templateName, locale }),
    },
    respond: async ({ deps, input: { appId, templateName: name, locale } }) =>
      portalTemplate(await resetTemplate(deps, { appId, name, locale })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/sendTestMessage',
    summary: 'Sends a text of an app, filled with sample values, and tells how every step fared.',
    input: z.object({ appId, templateName, locale, to: handleText }),
    answer: testOutcomeAnswer,
    errors: ['refused', 'invalid_data', 'too_many_requests'],
    reasons: ['invalid_handle', 'invalid_phone'],
    failsStatus: { app_gone: 403 },
    log: {
      action: 'sendTestMessage',
      value: ({ templateName, locale }) => JSON.stringify({ templateName, locale }),
    },
    respond: async ({ deps, input: { templateName: name, ...input } }) =>
      wireTestOutcome(await sendTestMessage(deps, { name, ...input })),
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/addRemoveAppLocale',
    summary: 'Sets the locales of an app.',
    input: z.object({ appId, locales: z.array(z.string().max(16)).max(400) }),
    answer: localesAnswer,
    errors: [],
    failsStatus: { app_gone: 403 },
    lowerCaseFails: true,
    log: {
      action: 'addRemoveLocaleEmailTemplate',
      value: ({ locales }) => JSON.stringify(locales.slice(0, 200)),
    },
    respond: async ({ deps, input }) => {
      await setLocales(deps, input);
      return wireLocales(input, await templatesByLocale(deps, input.appId));
    },
  }),
  portalRoute({
    method: 'POST',
    path: '/api/app/patchAppLocales',
    summary: 'Repairs the locales of old apps.',
    answer: doneAnswer,
    errors: [],
    log: { action: 'patchAppLocales' },
    respond: ({ deps }) => patchLocales(deps),
  }),
];
