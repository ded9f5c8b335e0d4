import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const BOOKS = {
  contract: 'docs/contract/README.md',
  operator: 'docs/contract/operator.md',
  additions: 'docs/contract/additions.md',
  design: 'docs/design.md',
  threats: 'docs/threats.md',
} as const;
type Book = keyof typeof BOOKS;
const NAMES = Object.keys(BOOKS).join('|');

/**
 * What a book can be cited by: `7` for a section, `7 step 4` for a step in it, `S6` for an entry of a table.
 */
function placesIn(book: Book, text: string): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    section = /^#+ (\d+(?:\.\d+)*)\.?(?= |$)/.exec(line)?.[1] ?? section;
    const entry = /^(?:\| |### )([SAPOCFT]\d+)(?= )/.exec(line)?.[1];
    const step = /^(?:\| | {0,2})(\d+)(?:\. | \|)/.exec(line)?.[1];
    if (section) places.set(section, section);
    if (entry) places.set(entry, section);
    if (line.includes('**Checks in order:**')) {
      for (const [, check] of line.matchAll(/\((\d+)\)/g)) places.set(`${section} step ${check}`, section);
    }
    if (step) places.set(`${section} step ${step}`, section);
    if (step && book === 'threats' && section === '2') places.set(`R${step}`, section);
  }
  return places;
}

const texts = Object.fromEntries(
  Object.values(BOOKS).map((file) => [file, readFileSync(join(PROJECT, file), 'utf8')]),
);
const places = Object.fromEntries(
  Object.entries(BOOKS).map(([book, file]) => [book, placesIn(book as Book, texts[file] ?? '')]),
);

/** Whose tables an id stands in: its letter says so. */
const bookOf = (entry: string): Book => (/^[RFT]/.test(entry) ? 'threats' : 'contract');

const ONE = String.raw`(?<![\w])(?:§\d+(?:\.\d+)*(?: step \d+| [SAPOC]\d+)?|[SAPOCRFT]\d+)(?![\w\[(-])`;
const LIST = `${ONE}(?:(?:, | and | or |–)${ONE})*`;

/**
 * Every citation of a text that leads nowhere. `own`: the book a bare section belongs to, in the book itself.
 */
function deadCitations(source: string, own?: Book): string[] {
  // A citation may go over the end of a line of a comment.
  const text = source
    .replaceAll(/\s*\n\s*(?:\* |\/\/ |# )?\s*/g, ' ')
    // Links and file names of a book stand for its name.
    .replaceAll(/\[[^\]]*\]\((?:[\w./]*\/)?(\w+)\.md\)|`(?:[\w./]*\/)?(\w+)\.md`/g, (from, link, name) => {
      const file = link ?? name;
      return file === 'README' ? 'contract' : file in BOOKS ? file : from;
    })
    .replaceAll(/\b([COD])(?=§)/g, (_, letter: string) =>
      letter === 'C' ? 'contract ' : letter === 'O' ? 'operator ' : 'design ',
    );
  const dead: string[] = [];
  const judge = (book: Book, list: string, from: string) => {
    for (const place of list.match(new RegExp(ONE, 'g')) ?? []) {
      const [, section, entry] = /^(?:§([\d.]+(?: step \d+)?))?\s*([A-Z]\d+)?$/.exec(place) ?? [];
      const home = entry && places[own ? bookOf(entry) : book]?.get(entry);
      const inside = !section || !entry || home === section || home?.startsWith(`${section}.`);
      if ((section && !places[book]?.has(section)) || (entry && !home) || !inside) dead.push(from);
    }
  };
  const rest = text
    .replaceAll(
      new RegExp(String.raw`\b(${NAMES})(?:'s)? (${LIST})`, 'gi'),
      (from, book: string, list: string) => {
        judge(book.toLowerCase() as Book, list, from);
        return '';
      },
    )
    .replaceAll(new RegExp(String.raw`(?<![\w@])\((${LIST})\)`, 'g'), (from, list: string) => {
      judge(own ?? 'contract', list, from);
      return '';
    })
    // Books and files of others have sections too.
    .replaceAll(/\b(?:RFC \d+|OpenID Connect [A-Z][\w. ]*|PNG),? §[\d.]+/g, '');
  for (const [from] of rest.matchAll(new RegExp(ONE, 'g'))) {
    if (own) judge(own, from, from);
    else if (from.startsWith('§')) dead.push(from);
  }
  const elsewhere = /\b(?:security(?:\.md)?(?: rules?| figures?)?|[Ff]igures?) (?:§?\d+|[RFT]\d+)\b/g;
  return [...dead, ...(own ? [] : (rest.match(elsewhere) ?? []))];
}

describe('citations', () => {
  const owners = new Map(Object.entries(BOOKS).map(([book, file]) => [file as string, book as Book]));
  const files = [
    ...globSync('{server,setup,cli,docker,test,.ci,docs}/**/*.{ts,mjs,js,md,yaml,hbs}', { cwd: PROJECT }),
    ...globSync('{templates/**/*.hbs,*.md,Dockerfile,.ci/run}', { cwd: PROJECT }),
  ]
    .filter((file) => !file.includes('node_modules') && file !== 'test/citations.test.ts')
    .sort();

  it('lead to places that the books have', () => {
    assert.ok(files.length > 400);
    const dead = files.flatMap((file) =>
      deadCitations(readFileSync(join(PROJECT, file), 'utf8'), owners.get(file)).map(
        (citation) => `${file}: ${citation}`,
      ),
    );
    assert.deepEqual(dead, []);
  });

  for (const made of [
    'as said (contract §3.5.99)',
    '(contract A99)',
    'contract §8 A99',
    'contract §7 S6',
    'contract §7 step 99',
    'contract P8,\n * S99',
    '(C99)',
    '(S17, A99)',
    'operator §99',
    'additions §1.9',
    'design\n// §99',
    'threats R99',
    'threats F99',
    'threats T99',
    'threats §99',
    'see §3.2',
    'security rule 11',
    'security.md F24',
  ]) {
    it(`do not pass when made up: ${JSON.stringify(made)}`, () => {
      assert.equal(deadCitations(made).length, 1);
    });
  }

  it('may be of every form the code uses', () => {
    const good = [
      'contract §3.5.4, contract A3, (C2), (S17, A22), contract §8 S6, operator §6, additions §1.1, design §13',
      'threats R13, F24 and T5; threats §3; contract §7 step 4; RFC 7519 §4.1.4',
    ];
    assert.deepEqual(
      good.flatMap((text) => deadCitations(text)),
      [],
    );
  });
});
