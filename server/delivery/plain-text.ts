/** Names of the characters 160 to 255, in order (HTML 4 entities). */
const LATIN1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ' +
  'ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ' +
  'ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ' +
  'ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute ' +
  'thorn yuml';
const ENTITIES = new Map<string, string>([
  ...LATIN1.split(' ').map((name, index): [string, string] => [name, String.fromCharCode(160 + index)]),
  ['nbsp', ' '],
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
  ['lsquo', '‘'],
  ['rsquo', '’'],
  ['ldquo', '“'],
  ['rdquo', '”'],
  ['bull', '•'],
  ['euro', '€'],
]);

/** How what is never shown ends, by what it begins with. */
const UNSEEN_ENDS = new Map([
  ['!--', /-->/g],
  ['style', /<\/style\s*>/gi],
  ['script', /<\/script\s*>/gi],
  ['title', /<\/title\s*>/gi],
]);
const BLOCKS = new Set('p div h1 h2 h3 h4 h5 h6 ul ol tr table blockquote'.split(' '));
const TAG_NAME = /<\/?(!--|[a-z][a-z0-9]*)/iy;
const HREF = /\shref=(?:"([^"]*)"|'([^']*)')/i;
const NEVER = Number.POSITIVE_INFINITY;
const ENTITY = /&(#[0-9]{1,6}|#x[0-9a-f]{1,5}|[a-z0-9]{2,8});/gi;

/**
 * The text part of an HTML source, placeholders left in: it is made from the source and not from the
 * filled-in text, so a value with markup is shown and never taken for a tag. Reads every character a fixed
 * number of times, whatever the source.
 */
export function toPlainText(html: string): string {
  const parts: string[] = [];
  let link: { address: string; from: number } | undefined;
  for (const { text, name, isEnd, tag } of pieces(seen(html).replaceAll(/\s+/g, ' '))) {
    parts.push(decoded(text));
    if (name === 'br') parts.push('\n');
    else if (name === 'li' && !isEnd) parts.push('\n- ');
    else if (BLOCKS.has(name) && isEnd) parts.push('\n\n');
    else if (name === 'a' && !isEnd && !link) {
      const [, quoted, single] = HREF.exec(tag) ?? [];
      const address = quoted ?? single;
      if (address !== undefined) link = { address: decoded(address), from: parts.length };
    } else if (name === 'a' && isEnd && link) {
      const caption = parts.slice(link.from).join('').trim();
      if (caption !== link.address) parts.push(` (${link.address})`);
      link = undefined;
    }
  }
  return parts
    .join('')
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}

interface Piece {
  /** What stands before the tag. */
  text: string;
  /** In lower case; empty behind the last tag. */
  name: string;
  isEnd: boolean;
  tag: string;
}

/** Texts and tags in turn; a `<` that begins no tag is text. */
function* pieces(html: string): Iterable<Piece> {
  let from = 0;
  for (let start = html.indexOf('<'); start >= 0; start = html.indexOf('<', start + 1)) {
    const name = nameAt(html, start);
    if (name === undefined || name === '!--') continue;
    const end = html.indexOf('>', start);
    if (end < 0) break;
    const tag = html.slice(start, end + 1);
    yield { text: html.slice(from, start), name, isEnd: tag.startsWith('</'), tag };
    from = end + 1;
    start = end;
  }
  yield { text: html.slice(from), name: '', isEnd: false, tag: '' };
}

/** The text without comments and without what is never shown; what has no end stays. */
function seen(html: string): string {
  const shown: string[] = [];
  // The next end of each kind is looked for once, not again from every beginning: there may be none.
  const nextEnds = new Map<string, number>();
  let from = 0;
  for (let start = html.indexOf('<'); start >= 0; start = html.indexOf('<', start + 1)) {
    const name = html[start + 1] === '/' ? undefined : nameAt(html, start);
    const pattern = name === undefined ? undefined : UNSEEN_ENDS.get(name);
    if (name === undefined || !pattern) continue;
    let end = nextEnds.get(name) ?? 0;
    if (end <= start) end = endAfter(pattern, html, start + name.length);
    nextEnds.set(name, end);
    if (end === NEVER) continue;
    shown.push(html.slice(from, start));
    from = end;
    start = end - 1;
  }
  shown.push(html.slice(from));
  return shown.join('');
}

function nameAt(html: string, index: number): string | undefined {
  TAG_NAME.lastIndex = index;
  return TAG_NAME.exec(html)?.[1]?.toLowerCase();
}

function endAfter(pattern: RegExp, html: string, index: number): number {
  pattern.lastIndex = index;
  return pattern.test(html) ? pattern.lastIndex : NEVER;
}

function decoded(text: string): string {
  return text.replaceAll(ENTITY, (whole, name) => characterOf(name) ?? whole);
}

function characterOf(name: string): string | undefined {
  if (!name.startsWith('#')) return ENTITIES.get(name) ?? ENTITIES.get(name.toLowerCase());
  const code =
    name[1] === 'x' || name[1] === 'X' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  // A brace spelt as a number stays a number: decoded it could begin an expression.
  if (code < 32 || code === 123 || code === 125 || code > 0x10ffff) return undefined;
  return String.fromCodePoint(code);
}
