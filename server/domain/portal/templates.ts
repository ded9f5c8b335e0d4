import { createHash } from 'node:crypto';
import type { App } from '../../model/app.ts';
import { HostError, isHostError, refused } from '../../model/errors.ts';
import { TEMPLATE_NAMES, type Template, type TemplateName } from '../../model/template.ts';
import type { RenderedMessage } from '../../ports/delivery/renderer.ts';
import type { Deps } from '../../ports/deps.ts';
import { getActiveAppForPortal, getAppForPortal } from '../apps/apps.ts';
import { findTemplate, lifeOf } from '../messages/message.ts';
import { change } from '../users/change.ts';

type TemplateDeps = Pick<Deps, 'store' | 'renderer'>;

/** A text shown to the portal that nobody has edited: it is not stored (design §9). */
const NOT_STORED = 0;

/**
 * The eight texts of every locale of an app, `EN` first; in each status of the app (contract P14). Throws
 * `app_gone`.
 */
export async function templatesByLocale(deps: TemplateDeps, appId: string): Promise<Map<string, Template[]>> {
  const app = await getAppForPortal(deps, appId);
  const byLocale = new Map<string, Template[]>();
  for (const locale of app.locales) {
    byLocale.set(locale, await Promise.all(TEMPLATE_NAMES.map((name) => shown(deps, app, name, locale))));
  }
  return byLocale;
}

/** What is sent for a name and locale, as a row of that locale. */
async function shown(deps: TemplateDeps, app: App, name: TemplateName, locale: string): Promise<Template> {
  const edited = await findTemplate(deps, app, name, locale);
  if (edited?.locale === locale) return edited;
  const text = edited ?? deps.renderer.builtIn(name, locale);
  return {
    id: standInId(app.id, name, locale),
    appId: app.id,
    revision: NOT_STORED,
    name,
    locale,
    subject: text.subject,
    htmlTemplate: text.htmlTemplate,
    ...(edited?.replyTo && { replyTo: edited.replyTo }),
    ...(name === 'signUpLink' && text.localeLinkText && { localeLinkText: text.localeLinkText }),
    createdAt: app.createdAt,
    updatedAt: app.createdAt,
  };
}

/**
 * The id of a text nobody has edited: the same every time, so that the portal can name it, and the row's own
 * once it is edited.
 */
function standInId(appId: string, name: TemplateName, locale: string): string {
  return createHash('sha256').update(`template ${appId} ${name} ${locale}`).digest('hex').slice(0, 24);
}

/** How a caller names a text: by the id it was shown, or by name and locale. */
export type TemplateRef = { id: string } | { name: TemplateName; locale: string };

async function getTemplate(deps: TemplateDeps, app: App, ref: TemplateRef): Promise<Template> {
  if (!('id' in ref)) return shown(deps, app, ref.name, ref.locale);
  const id = ref.id.toLowerCase();
  const stored = (await deps.store.templates.list(app.id)).find((template) => template.id === id);
  if (stored) return stored;
  for (const locale of app.locales) {
    const name = TEMPLATE_NAMES.find((candidate) => standInId(app.id, candidate, locale) === id);
    if (name) return shown(deps, app, name, locale);
  }
  throw new HostError('template_unknown');
}

/** What may be edited of a text. An empty `replyTo` or `localeLinkText` clears it; absent ones stay. */
export interface TemplateText {
  subject: string;
  htmlTemplate: string;
  replyTo?: string | undefined;
  localeLinkText?: string | undefined;
}

/**
 * Stores an edited text. Throws `app_gone`, `app_suspended` unless the app is active, `template_unknown`, and
 * `refused` for a text that lacks a placeholder, has an unknown one or does not parse.
 */
export async function updateTemplate(
  deps: TemplateDeps & Pick<Deps, 'clock' | 'events'>,
  { appId, id, text }: { appId: string; id: string; text: TemplateText },
): Promise<Template> {
  const app = await getActiveAppForPortal(deps, appId);
  const known = await getTemplate(deps, app, { id });
  const { name, locale } = known;
  deps.renderer.check({ name, subject: text.subject, htmlTemplate: text.htmlTemplate });
  const stored = await putTemplate(deps, known, text);
  deps.events.emit('template_changed', { appId, template: name, locale });
  return stored;
}

async function putTemplate(
  deps: TemplateDeps & Pick<Deps, 'clock'>,
  known: Template,
  text: TemplateText,
): Promise<Template> {
  const { templates } = deps.store;
  const now = deps.clock.now();
  const changed = await change(
    deps.clock,
    templates,
    () => templates.find(known.appId, known.name, known.locale),
    (current) => edited(current, text, now),
  );
  if (changed) return changed.after;
  const fresh = { ...edited(known, text, now), revision: 1, createdAt: now };
  try {
    await templates.insert(fresh);
    return fresh;
  } catch (error) {
    // Two people edited it for the first time at once: the other text is there now, and this one replaces it.
    if (isHostError(error, 'handle_taken')) return putTemplate(deps, known, text);
    throw error;
  }
}

/**
 * Takes an edited text back: from now on the built-in one is sent, which is answered. Throws `app_gone` and
 * `refused` for a locale the app has not.
 */
export async function resetTemplate(
  deps: TemplateDeps & Pick<Deps, 'events'>,
  { appId, name, locale }: { appId: string; name: TemplateName; locale: string },
): Promise<Template> {
  const app = await getAppForPortal(deps, appId);
  requireAppLocale(app, locale);
  if (await deps.store.templates.remove(appId, name, locale))
    deps.events.emit('template_changed', { appId, template: name, locale });
  return shown(deps, app, name, locale);
}

/** Throws `refused` for a locale the app has not. */
export function requireAppLocale(app: App, locale: string): void {
  if (!app.locales.includes(locale))
    throw refused('the app has no such language', { reason: 'unknown_value', field: 'locale' });
}

function edited(template: Template, text: TemplateText, now: number): Template {
  const { replyTo = template.replyTo, localeLinkText = template.localeLinkText } = text;
  return {
    ...template,
    subject: text.subject,
    // The portal's editor leaves paragraphs on one line.
    htmlTemplate: text.htmlTemplate.replaceAll('</p><p>', '</p>\n<p>'),
    replyTo: replyTo || undefined,
    localeLinkText: (template.name === 'signUpLink' && localeLinkText) || undefined,
    updatedAt: now,
  };
}

/**
 * A text filled with sample values, as it would be sent; what `text` leaves out is taken from the app's text.
 * Stores nothing. Throws `app_gone`, `template_unknown` and `refused`.
 */
export async function previewTemplate(
  deps: TemplateDeps & Pick<Deps, 'config' | 'codes' | 'clock'>,
  { appId, ref, text }: { appId: string; ref: TemplateRef; text: Partial<TemplateText> },
): Promise<RenderedMessage> {
  const app = await getAppForPortal(deps, appId);
  const known = await getTemplate(deps, app, ref);
  const { name, locale } = known;
  const { subject = known.subject, htmlTemplate = known.htmlTemplate } = text;
  const now = deps.clock.now();
  // An id of its own: compiled texts are remembered by id and revision.
  const template = {
    ...edited(known, { ...text, subject, htmlTemplate }, now),
    id: deps.codes.newRowId(now),
  };
  deps.renderer.check({ name, subject, htmlTemplate });
  const values = { ...SAMPLE_VALUES, APP_NAME: app.name, LINK: `${deps.config.apiUrl}/` };
  return deps.renderer.message({ name, locale, template, values, validFor: lifeOf(deps.config, name), app });
}

/** Stand in for what a text is filled with. */
export const SAMPLE_VALUES = { HANDLE: 'ada@example.com', SENDER: 'grace@example.com', CODE: '123456' };
