import { createRequire } from 'node:module';
import { HostError } from '../model/errors.ts';
import { DEFAULT_LOCALE } from '../model/locale.ts';
import type { MessageName, Template } from '../model/template.ts';
import type { RenderedMessage, Renderer } from '../ports/delivery/renderer.ts';
import type { Events } from '../ports/log/events.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { contestedNote, NOTE, withHtmlNote, withTextNote } from './contested-note.ts';
import { requireHarmless, requireModest } from './harmless.ts';
import { createLayouts } from './layouts.ts';
import { ownTextProblems } from './own-texts.ts';
import {
  checkPlaceholders,
  isMessageName,
  PLACEHOLDERS,
  toHtmlSource,
  toPlainSource,
  unsafeTag,
} from './placeholders.ts';
import { toPlainText } from './plain-text.ts';
import { fileAt, readTextFiles, TextFilesError, textOf, wordsOf } from './text-files.ts';

type Values = Record<string, string>;
type Fill = (values: Values) => string;
/** A text ready to be filled in. */
interface CompiledText {
  readonly head: Readonly<Record<string, string>>;
  readonly linkText: string;
  readonly subject: Fill;
  readonly text: Fill;
  readonly html: Fill;
}

const VALUE_LIMIT = 8_192;
/** Edited texts kept compiled; one is a few kilobytes. */
const STORED_LIMIT = 1_000;
/** Caption of a link whose text names none (contract §6). */
const LINK_CAPTION = 'LINK';
const PAGE_VALUES = ['HANDLE', 'APP_NAME', 'CODE', 'CONTESTED'];
const require = createRequire(import.meta.url);

/** Loaded with the first text: an idle host needs neither the library nor what it compiles. */
const handlebars = once(() => {
  const { create } = require('handlebars') as typeof import('handlebars');
  const own = create();
  // Any text could otherwise write values to stdout.
  own.unregisterHelper('log');
  return own;
});

/**
 * Reads the built-in texts and the operator's own ones below `dataDir`. A text is compiled when it is first used; where there are own ones,
 * all of them are at once, and `TextFilesError` names every file that the portal would not take.
 */
export function createRenderer({ dataDir, events }: { dataDir: string; events: Events }): Renderer {
  const files = readTextFiles(dataDir);
  const layouts = createLayouts(files);
  const builtIn = new Map<string, () => CompiledText>();
  const pages = new Map<string, () => Fill>();
  const stored = new BoundedMap<CompiledText>(STORED_LIMIT);

  function compileText(input: {
    name: MessageName;
    locale: string;
    head: CompiledText['head'];
    body: string;
    linkText: string;
  }): CompiledText {
    const { name, locale, head, body, linkText } = input;
    const { known } = PLACEHOLDERS[name];
    requireModest(body);
    requireModest(head.subject ?? '');
    const html = toHtmlSource(body, known);
    const unsafe = unsafeTag(html);
    if (unsafe !== undefined) throw new Error(`a placeholder may not stand in ${unsafe.slice(0, 40)}`);
    const subject = toPlainSource(head.subject ?? '', known);
    return {
      head,
      linkText,
      subject: compile(subject, known, { noEscape: true }),
      text: compile(withTextNote(toPlainSource(toPlainText(body), known)), [...known, NOTE], {
        noEscape: true,
      }),
      html: compile(
        layouts.text({ name, locale, subject, body: withHtmlNote(html) }),
        [...known, 'LINK_TEXT', NOTE],
        { noEscape: false },
      ),
    };
  }

  function compileStored(template: Template): CompiledText {
    const key = `${template.appId} ${template.id} ${template.revision}`;
    const known = stored.get(key);
    if (known) return known;
    const { name, locale, subject, htmlTemplate: body, localeLinkText } = template;
    const compiled = compileText({
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
      const text = () => compileText({ name, locale, head, body, linkText: head.link || LINK_CAPTION });
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
  takeFiles();
  if ([...files.values()].some(({ isOwn }) => isOwn)) {
    const problems = ownTextProblems(files, check);
    if (problems.length > 0) throw new TextFilesError(problems);
    for (const compiled of [...builtIn.values(), ...pages.values()]) compiled();
  }

  function check({ name, subject, htmlTemplate }: Parameters<Renderer['check']>[0]): void {
    checkPlaceholders(name, subject, htmlTemplate);
    try {
      compileText({
        name,
        locale: DEFAULT_LOCALE,
        head: { subject },
        body: htmlTemplate,
        linkText: LINK_CAPTION,
      });
    } catch (cause) {
      // Handlebars goes on with an excerpt of the text after its first line.
      const detail = cause instanceof Error ? cause.message.split('\n')[0] : undefined;
      throw new HostError('refused', {
        detail,
        cause,
        because: { reason: 'unknown_value', field: 'htmlTemplate' },
      });
    }
  }

  function builtInOf(name: MessageName, locale: string): CompiledText {
    const text = builtIn.get(`${locale} ${name}`) ?? builtIn.get(`${DEFAULT_LOCALE} ${name}`);
    if (!text) throw new Error(`template messages/${DEFAULT_LOCALE}/${name}.hbs is missing`);
    return text();
  }

  function message(input: Parameters<Renderer['message']>[0]): RenderedMessage {
    const { name, locale, template, contested = false } = input;
    const values = { ...input.values, [NOTE]: contested ? contestedNote(files, locale) : '' };
    if (template) {
      try {
        return fill(compileStored(template), template.name, values, template.replyTo);
      } catch {
        events.emit('template_failed', {
          appId: template.appId,
          template: template.name,
          locale: template.locale,
        });
      }
    }
    return fill(builtInOf(name, locale), name, values, undefined);
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
    page({ name, locale, template, values }) {
      if (name === 'verified')
        return message({ name: 'clickThrough', locale, template, values, app: undefined }).html;
      const page = pages.get(`${locale} ${name}`) ?? pages.get(`${DEFAULT_LOCALE} ${name}`);
      if (!page) throw new Error(`template pages/${DEFAULT_LOCALE}/${name}.hbs is missing`);
      return page()(contextOf(PAGE_VALUES, values));
    },
  };
}

/** Does `work` with the first call and keeps the result. */
function once<T>(work: () => T): () => T {
  let kept: { result: T } | undefined;
  return () => {
    kept ??= { result: work() };
    return kept.result;
  };
}

function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const problem = cause instanceof Error ? `cannot be used: ${cause.message}` : 'is broken';
    throw new TextFilesError([{ path, problem }]);
  }
}

/** Throws an `Error` whose message may be shown: the text does not parse or uses more than values, `if` and `unless`. */
function compile(source: string, known: readonly string[], { noEscape }: { noEscape: boolean }): Fill {
  requireHarmless(handlebars().parse(source), known);
  return handlebars().compile(source, {
    noEscape,
    strict: true,
    knownHelpers: { if: true, unless: true },
    knownHelpersOnly: true,
  });
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
  const context = contextOf([...PLACEHOLDERS[name].known, NOTE], values);
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
