import { refused } from '../model/errors.ts';
import type { MessageName } from '../model/template.ts';

/** Names a text may use, and those it makes no sense without (contract §6). */
interface PlaceholderSet {
  readonly known: readonly string[];
  readonly needed: readonly string[];
}

const PLAIN = ['HANDLE', 'APP_NAME'];
const WITH_CODE: PlaceholderSet = { known: ['CODE', 'VALID_FOR', ...PLAIN], needed: ['CODE'] };
const WITH_LINK: PlaceholderSet = { known: ['LINK', 'VALID_FOR', ...PLAIN], needed: ['LINK'] };
/** `SENDER` is empty when the app itself invites. */
const INVITE: PlaceholderSet = { known: ['SENDER', ...WITH_CODE.known], needed: ['CODE'] };
const NOTICE: PlaceholderSet = { known: PLAIN, needed: [] };

export const PLACEHOLDERS: Readonly<Record<MessageName, PlaceholderSet>> = {
  signUp: WITH_CODE,
  signUpLink: WITH_LINK,
  clickThrough: { known: ['CODE', ...PLAIN], needed: [] },
  resetPassword: WITH_CODE,
  invite: INVITE,
  qrCode: { known: ['CODE', ...PLAIN], needed: [] },
  sms: WITH_CODE,
  signUpSuccess: NOTICE,
  passwordSetByPortal: { known: ['PASSWORD', ...PLAIN], needed: ['PASSWORD'] },
  passwordSetNotice: NOTICE,
  testMail: NOTICE,
  alreadyRegistered: NOTICE,
  identityBound: { known: ['PROVIDER', ...PLAIN], needed: ['PROVIDER'] },
  factorChanged: { known: ['CHANGE', ...PLAIN], needed: ['CHANGE'] },
  setPassword: WITH_CODE,
  changeHandle: WITH_CODE,
  handleChanged: NOTICE,
  signUpSms: WITH_CODE,
  signUpLinkSms: WITH_LINK,
  inviteSms: INVITE,
  resetPasswordSms: WITH_CODE,
  setPasswordSms: WITH_CODE,
  changeHandleSms: WITH_CODE,
};

/** So much of a name that nobody knows is quoted. */
const SHOWN = 40;

/** `%NAME%` of old texts, or `{{NAME}}`. */
const PLACEHOLDER = /%([A-Z][A-Z_]*)%|\{\{\s*([A-Z][A-Z_]*)\s*\}\}/g;

export function isMessageName(name: string | undefined): name is MessageName {
  return name !== undefined && Object.hasOwn(PLACEHOLDERS, name);
}

/** Every placeholder a source names, known or not. */
function placeholdersIn(source: string): Set<string> {
  return new Set(Array.from(source.matchAll(PLACEHOLDER), ([, old, current]) => old ?? current ?? ''));
}

/**
 * Rewrites `%NAME%` to `{{NAME}}` in the source, before anything is compiled: values only ever enter as data.
 * Other text between per cent signs stays as it is.
 */
export function toPlainSource(source: string, known: readonly string[]): string {
  return source.replace(PLACEHOLDER, (whole, old) => (known.includes(old) ? `{{${old}}}` : whole));
}

/**
 * As `toPlainSource`; in addition the link becomes an anchor, except where it already stands in an `href`.
 */
export function toHtmlSource(source: string, known: readonly string[]): string {
  return toPlainSource(source, known).replace(/(href=["'])?\{\{\s*LINK\s*\}\}/g, (_, attribute) =>
    attribute ? `${attribute}{{LINK}}` : '<a class="button" href="{{LINK}}">{{LINK_TEXT}}</a>',
  );
}

/**
 * Throws `refused` for a placeholder this text does not have, or lacks although it makes no sense without.
 */
export function checkPlaceholders(name: MessageName, subject: string, htmlTemplate: string): void {
  const { known, needed } = PLACEHOLDERS[name];
  const used = placeholdersIn(htmlTemplate);
  const inSubject = placeholdersIn(subject);
  const unknown = [...used].find((placeholder) => !known.includes(placeholder));
  const misplaced = [...inSubject].find(
    (placeholder) => !known.includes(placeholder) || placeholder === 'LINK',
  );
  const missing = needed.find((placeholder) => !used.has(placeholder));
  const blamed = (field: string) => ({ reason: 'unknown_value', field }) as const;
  if (unknown) throw refused(`%${unknown.slice(0, SHOWN)}% is not known here`, blamed('htmlTemplate'));
  if (misplaced)
    throw refused(`%${misplaced.slice(0, SHOWN)}% cannot stand in the subject`, blamed('subject'));
  if (missing) throw refused(`%${missing}% is missing`, blamed('htmlTemplate'));
}

/**
 * The first tag in which a value could do more than be shown: in an unquoted attribute, an address, a style
 * or a script. Only the host's own link may stand in an `href`, other values in `alt` and `title`. Undefined
 * when there is none.
 */
export function unsafeTag(htmlSource: string): string | undefined {
  const [, ...sections] = htmlSource.split(/<(?=(?:script|style)\b)/i);
  const raw = sections.find((section) => section.split(/<\/(?:script|style)/i)[0]?.includes('{{'));
  if (raw !== undefined) return raw.slice(0, 6);
  return tagsOf(htmlSource).find((tag) =>
    tag.replaceAll(/\s(?:href="\{\{LINK\}\}"|(?:alt|title)="[^"]*")/gi, '').includes('{{'),
  );
}

/** The tags of a text, quoted attribute values respected, in one pass. */
function tagsOf(html: string): string[] {
  const tags: string[] = [];
  let start = -1;
  let quote = '';
  for (let index = 0; index < html.length; index++) {
    const character = html.charAt(index);
    if (start < 0) {
      if (character === '<' && /[a-z/!]/i.test(html.charAt(index + 1))) start = index;
    } else if (quote) {
      if (character === quote) quote = '';
    } else if ((character === '"' || character === "'") && html.charAt(index - 1) === '=') {
      quote = character;
    } else if (character === '>') {
      tags.push(html.slice(start, index + 1));
      start = -1;
    }
  }
  if (start >= 0) tags.push(html.slice(start));
  return tags;
}
