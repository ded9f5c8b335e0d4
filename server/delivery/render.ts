import { DEFAULT_LOCALE } from '../model/locale.ts';
import type { MessageName, Template } from '../model/template.ts';
import type { Life, RenderedMessage, Renderer } from '../ports/delivery/renderer.ts';
import type { Events } from '../ports/log/events.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { once } from '../tools/once.ts';
import { BRAND_VALUES, brandOf } from './brand.ts';
import { checkText } from './check-text.ts';
import { type CompiledText, compile, compileText, type Fill, LINK_CAPTION, type Values } from './compile.ts';
import { contestedNote, NOTE } from './contested-note.ts';
import { createLayouts } from './layouts.ts';
import { ownTextProblems } from './own-texts.ts';
import { isMessageName, PLACEHOLDERS } from './placeholders.ts';
import { fileAt, readTextFiles, TextFilesError, textOf, wordsOf } from './text-files.ts';

const VALUE_LIMIT = 8_192;
/** Edited texts kept compiled; one is a few kilobytes. */
const STORED_LIMIT = 1_000;

const PAGE_VALUES = ['HANDLE', 'APP_NAME', 'CODE', 'CONTESTED', ...BRAND_VALUES];

/**
 * Reads the built-in texts and the operator's own ones below `dataDir`. A text is compiled when it is first
 * used; where there are own ones, all of them are at once, and `TextFilesError` names every file that the
 * portal would not take.
 */
export function createRenderer({ dataDir, events }: { dataDir: string; events: Events }): Renderer {
  const files = readTextFiles(dataDir);
  const layouts = createLayouts(files);
  const builtIn = new Map<string, () => CompiledText>();
  const pages = new Map<string, () => Fill>();
  const stored = new BoundedMap<CompiledText>(STORED_LIMIT);

  function compileStored(template: Template): CompiledText {
    const key = `${template.appId} ${template.id} ${template.revision}`;
    const known = stored.get(key);
    if (known) return known;
    const { name, locale, subject, htmlTemplate: body, localeLinkText } = template;
    const compiled = compileText(layouts, {
      name,
      locale,
      head: { subject },
      body,
      linkText: localeLinkText || LINK_CAPTION,
    });
    stored.set(key, compiled);
    return compiled;
  }

  function takeFiles(): void {
    for (const { path, head, body } of files.values()) {
      const { locale, name } = textOf(path);
      if (!locale || !isMessageName(name)) continue;
      const text = () =>
        compileText(layouts, { name, locale, head, body, linkText: head.link || LINK_CAPTION });
      builtIn.set(
        `${locale} ${name}`,
        once(() => naming(path, text)),
      );
    }
    for (const { path, head } of files.values()) {
      const { locale, page } = wordsOf(path);
      if (!locale || !page) continue;
      const fill = () => compile(layouts.page(page, locale, head), PAGE_VALUES, { noEscape: false });
      pages.set(
        `${locale} ${page}`,
        once(() => naming(path, fill)),
      );
    }
  }
  const check: Renderer['check'] = (text) => checkText(layouts, text);
  takeFiles();
  if ([...files.values()].some(({ isOwn }) => isOwn)) {
    const problems = ownTextProblems(files, check);
    if (problems.length > 0) throw new TextFilesError(problems);
    for (const compiled of [...builtIn.values(), ...pages.values()]) compiled();
  }

  function builtInOf(name: MessageName, locale: string): CompiledText {
    const text = builtIn.get(`${locale} ${name}`) ?? builtIn.get(`${DEFAULT_LOCALE} ${name}`);
    if (!text) throw new Error(`template messages/${DEFAULT_LOCALE}/${name}.hbs is missing`);
    return text();
  }

  function message(input: Parameters<Renderer['message']>[0]): RenderedMessage {
    const { name, locale, template, contested = false, validFor, app } = input;
    const note = contested ? contestedNote(files, locale) : '';
    const valuesIn = (language: string) => ({
      ...input.values,
      ...(validFor && { VALID_FOR: durationText(validFor, language) }),
      ...brandOf(app),
      [NOTE]: note,
    });
    if (template) {
      try {
        const values = valuesIn(template.locale);
        return fill(compileStored(template), template.name, values, template.replyTo);
      } catch {
        events.emit('template_failed', {
          appId: template.appId,
          template: template.name,
          locale: template.locale,
        });
      }
    }
    const language = builtIn.has(`${locale} ${name}`) ? locale : DEFAULT_LOCALE;
    return fill(builtInOf(name, locale), name, valuesIn(language), undefined);
  }

  return {
    message,
    hasBuiltIn: (name, locale) => builtIn.has(`${locale} ${name}`),
    builtIn(name, locale) {
      const path = builtIn.has(`${locale} ${name}`) ? locale : DEFAULT_LOCALE;
      const { head, body } = fileAt(files, `messages/${path}/${name}.hbs`);
      // An own SMS text may come without one, and what a portal is shown it must be able to save.
      return { subject: head.subject || '%APP_NAME%', htmlTemplate: body, localeLinkText: head.link };
    },
    check,
    page({ name, locale, template, values, app }) {
      if (name === 'verified') return message({ name: 'clickThrough', locale, template, values, app }).html;
      const page = pages.get(`${locale} ${name}`) ?? pages.get(`${DEFAULT_LOCALE} ${name}`);
      if (!page) throw new Error(`template pages/${DEFAULT_LOCALE}/${name}.hbs is missing`);
      return page()(contextOf(PAGE_VALUES, { ...values, ...brandOf(app) }));
    },
  };
}

/** A duration in words of a language, such as `48 hours`. */
function durationText({ count, unit }: Life, locale: string): string {
  const form = { style: 'unit', unit, unitDisplay: 'long' } as const;
  return new Intl.NumberFormat(locale.toLowerCase(), form).format(count);
}

function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const problem = cause instanceof Error ? `cannot be used: ${cause.message}` : 'is broken';
    throw new TextFilesError([{ path, problem }]);
  }
}

/** A flat object without prototype, strings only, every known name present. */
function contextOf(known: readonly string[], values: Values): Values {
  const context: Values = Object.create(null);
  for (const name of known) context[name] = (values[name] ?? '').slice(0, VALUE_LIMIT);
  return context;
}

function fill(
  text: CompiledText,
  name: MessageName,
  values: Values,
  replyTo: string | undefined,
): RenderedMessage {
  const context = contextOf([...PLACEHOLDERS[name].known, NOTE, ...BRAND_VALUES], values);
  // What changed is a sentence in the reader's language: a line of the text's head.
  if (context.CHANGE) context.CHANGE = text.head[context.CHANGE] ?? context.CHANGE;
  context.LINK_TEXT = text.linkText;
  return {
    // A line feed or another control character would begin a header of its own.
    subject: text
      .subject(context)
      .replaceAll(/[\p{Cc}\s]+/gu, ' ')
      .trim(),
    text: text.text(context),
    html: text.html(context),
    replyTo: replyTo || undefined,
  };
}
