import Handlebars from 'handlebars';
import { languageTag, type Texts } from '../frame/texts.ts';
import { smsSize } from './sms.ts';

/** Ways to look at a mail. */
export const VIEWS = ['wide', 'phone', 'dark', 'plain'] as const;
export type View = (typeof VIEWS)[number];

const escapeText = (text: string) => Handlebars.escapeExpression(text);
const STYLE = [
  'body{margin:0;padding:1.25rem;font:1rem/1.5 system-ui,sans-serif;color:#1b1c1e;background:#fff}',
  'pre{margin:0;font:.9375rem/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}',
  '.sms{max-width:18rem;margin:0 0 1rem;padding:.75rem 1rem;border-radius:1.125rem 1.125rem 1.125rem .25rem;background:#e9e9e4;white-space:pre-wrap;overflow-wrap:anywhere}',
  '.hint{margin:0;color:#565a61;font-size:.875rem}',
  '@media (prefers-color-scheme:dark){body{color:#e9e9e6;background:#1a1c1f}.sms{background:#31353a}.hint{color:#a9adb4}}',
].join('');

/** A text as it will be seen: a document for a frame. */
export function previewDocument(
  texts: Texts,
  {
    name,
    view,
    message,
  }: { name: string; view: View; message: { subject: string; html: string; text: string } },
): string {
  const { subject, html, text } = message;
  if (name === 'sms') {
    const { alphabet, length, segments } = smsSize(text);
    const size = texts.say(`messages.sms.${alphabet}`, { length, segments });
    return own(texts, `<p class="sms">${escapeText(text)}</p><p class="hint">${escapeText(size)}</p>`);
  }
  if (view === 'plain') return own(texts, `<pre>${escapeText(subject)}\n\n${escapeText(text)}</pre>`);
  return inTheme(html, view === 'dark');
}

/** Instead of a text that cannot be shown. */
export function faultDocument(texts: Texts, sentence: string): string {
  return own(texts, `<p>${escapeText(sentence)}</p>`);
}

function own(texts: Texts, body: string): string {
  const lang = languageTag(texts.language);
  const title = escapeText(texts.say('messages.preview'));
  return `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>${title}</title><style>${STYLE}</style></head><body>${body}</body></html>`;
}

/** What a mail says for dark screens holds always, or never, whatever screen the operator has. */
function inTheme(html: string, isDark: boolean): string {
  return html
    .replaceAll(/\(\s*prefers-color-scheme\s*:\s*dark\s*\)/gi, isDark ? '(min-width: 0)' : '(max-width: 0)')
    .replaceAll(/\(\s*prefers-color-scheme\s*:\s*light\s*\)/gi, isDark ? '(max-width: 0)' : '(min-width: 0)');
}
