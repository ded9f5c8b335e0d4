import { HostError } from '../model/errors.ts';
import { DEFAULT_LOCALE } from '../model/locale.ts';
import type { Renderer } from '../ports/delivery/renderer.ts';
import { compileText, LINK_CAPTION } from './compile.ts';
import type { Layouts } from './layouts.ts';
import { checkPlaceholders } from './placeholders.ts';

/** Throws what `Renderer.check` does for a text that is to be stored. */
export function checkText(
  layouts: Layouts,
  { name, subject, htmlTemplate }: Parameters<Renderer['check']>[0],
): void {
  checkPlaceholders(name, subject, htmlTemplate);
  try {
    compileText(layouts, {
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
