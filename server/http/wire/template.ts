import type { TemplateRef } from '../../domain/portal/templates.ts';
import { refused } from '../../model/errors.ts';
import { DEFAULT_LOCALE } from '../../model/locale.ts';
import type { Template, TemplateName } from '../../model/template.ts';
import { wireTime } from './time.ts';

/** A text as the portal edits it (contract §4.6.31). */
export function portalTemplate(template: Template) {
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
export function portalTemplates(byLocale: ReadonlyMap<string, Template[]>) {
  return Object.fromEntries(
    [...byLocale].map(([locale, templates]) => [locale, templates.map(portalTemplate)]),
  );
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
