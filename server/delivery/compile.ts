import { createRequire } from 'node:module';
import type { MessageName } from '../model/template.ts';
import { once } from '../tools/once.ts';
import { BRAND_VALUES } from './brand.ts';
import { NOTE, withHtmlNote, withTextNote } from './contested-note.ts';
import { requireHarmless, requireModest } from './harmless.ts';
import type { Layouts } from './layouts.ts';
import { PLACEHOLDERS, toHtmlSource, toPlainSource, unsafeTag } from './placeholders.ts';
import { toPlainText } from './plain-text.ts';

/** By placeholder. */
export type Values = Record<string, string>;
/** Puts values into a compiled source. */
export type Fill = (values: Values) => string;
/** A text ready to be filled in. */
export interface CompiledText {
  readonly head: Readonly<Record<string, string>>;
  readonly linkText: string;
  readonly subject: Fill;
  readonly text: Fill;
  readonly html: Fill;
}

/** Caption of a link whose text names none (contract §6). */
export const LINK_CAPTION = 'LINK';

const require = createRequire(import.meta.url);

/** Loaded with the first text: an idle host needs neither the library nor what it compiles. */
const handlebars = once(() => {
  const { create } = require('handlebars') as typeof import('handlebars');
  const own = create();
  // Any text could otherwise write values to stdout.
  own.unregisterHelper('log');
  return own;
});

/** Throws an `Error` whose message may be shown, as `compile` does. `linkText`: the caption of its link. */
export function compileText(
  layouts: Layouts,
  input: {
    name: MessageName;
    locale: string;
    head: CompiledText['head'];
    body: string;
    linkText: string;
  },
): CompiledText {
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
      [...known, 'LINK_TEXT', NOTE, ...BRAND_VALUES],
      { noEscape: false },
    ),
  };
}

/**
 * Throws an `Error` whose message may be shown: the text does not parse or uses more than values, `if` and
 * `unless`.
 */
export function compile(source: string, known: readonly string[], { noEscape }: { noEscape: boolean }): Fill {
  requireHarmless(handlebars().parse(source), known);
  return handlebars().compile(source, {
    noEscape,
    strict: true,
    knownHelpers: { if: true, unless: true },
    knownHelpersOnly: true,
  });
}
