import { z } from 'zod';
import type { TemplateRef } from '../../domain/portal/templates.ts';
import { refused } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import { TEMPLATE_NAMES, type Template, type TemplateName } from '../../model/template.ts';
import type { RenderedMessage } from '../../ports/delivery/renderer.ts';
import { timeText, wireTime } from './time.ts';

/** A text as the portal edits it (contract §4.6.31). */
export const portalTemplateAnswer = z.strictObject({
  _id: z.string(),
  appId: z.string(),
  templateName: z.enum(TEMPLATE_NAMES),
  subject: z.string(),
  replyTo: z.string(),
  htmlTemplate: z.string(),
  locale: z.string(),
  localeLinkText: z.string().optional(),
  createdAt: timeText,
  updatedAt: timeText,
});
export function portalTemplate(template: Template): z.infer<typeof portalTemplateAnswer> {
  return {
    _id: template.id,
    appId: template.appId,
    templateName: template.name,
    subject: template.subject,
    replyTo: template.replyTo ?? '',
    htmlTemplate: template.htmlTemplate,
    locale: template.locale,
    localeLinkText: template.localeLinkText,
    createdAt: wireTime(template.createdAt),
    updatedAt: wireTime(template.updatedAt),
  };
}

/** An object keyed by locale, in the order of the map. */
export const portalTemplatesAnswer = z.record(z.string(), z.array(portalTemplateAnswer));
export function portalTemplates(
  byLocale: ReadonlyMap<string, Template[]>,
): z.infer<typeof portalTemplatesAnswer> {
  return Object.fromEntries(
    [...byLocale].map(([locale, templates]) => [locale, templates.map(portalTemplate)]),
  );
}

/** The locales as they were sent, and the texts there are now. */
export const localesAnswer = z.strictObject({
  appId: z.string(),
  locales: z.array(z.string()),
  localesTemplate: portalTemplatesAnswer,
});
export function wireLocales(
  { appId, locales }: { appId: string; locales: string[] },
  byLocale: ReadonlyMap<string, Template[]>,
): z.infer<typeof localesAnswer> {
  return { appId, locales, localesTemplate: portalTemplates(byLocale) };
}

/** A text filled with sample values. */
export const previewAnswer = z.strictObject({ subject: z.string(), html: z.string(), text: z.string() });
export function wirePreview({ subject, html, text }: RenderedMessage): z.infer<typeof previewAnswer> {
  return { subject, html, text };
}

/** Which text a request means: `_id` goes before name and locale. Throws `refused` when it names none. */
export function templateRef(input: {
  _id?: string | undefined;
  templateName?: TemplateName | undefined;
  locale?: string | undefined;
}): TemplateRef {
  if (input._id !== undefined) return { id: input._id };
  if (input.templateName === undefined) {
    throw refused('_id or templateName is missing', { reason: 'missing', field: 'templateName' });
  }
  return { name: input.templateName, locale: input.locale ?? DEFAULT_LOCALE };
}
