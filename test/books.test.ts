import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SETTINGS } from '../server/config/settings.ts';
import { REASONS } from '../server/model/errors.ts';
import { EVENT_LEVELS } from '../server/model/events.ts';
import { helpText } from '../setup/options.ts';

/** The text of a book's section, up to the next heading of that level. */
function section(book: string, number: number): string {
  const text = readFileSync(new URL(`../docs/${book}`, import.meta.url), 'utf8');
  const found = new RegExp(`^## ${number}\\.? .*?(?=^## |$(?![^]))`, 'ms').exec(text)?.[0];
  assert.ok(found, `${book} has no section ${number}`);
  return found;
}

/** The first cell of every row of the section's tables. */
const firstCells = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | ')[0] ?? '');

describe('the books', () => {
  it('have every setting, and no other', () => {
    const names = firstCells(section('contract/operator.md', 2)).flatMap((cell) =>
      [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
    );
    assert.deepEqual(names.sort(), Object.keys(SETTINGS).sort());
  });

  it('say of the settings that can be files which they are', () => {
    const secret = firstCells(section('contract/operator.md', 2)).flatMap((cell) =>
      [...cell.matchAll(/`([A-Z_]+)` s\b/g)].map(([, name]) => name),
    );
    const declared = Object.entries(SETTINGS).filter(([, setting]) => 'secret' in setting && setting.secret);
    assert.deepEqual(secret.sort(), declared.map(([name]) => name).sort());
  });

  it('give the settings that stand in a row of their own the default that is declared', () => {
    const rows = section('contract/operator.md', 2).matchAll(/^\| `([A-Z_]+)`(?: s)? \| ([^|]+) \| /gm);
    const told = Object.fromEntries([...rows].map(([, name = '', value = '']) => [name, value]));
    assert.ok(Object.keys(told).length > 20);
    const declared = Object.keys(told).map((name) => [name, SETTINGS[name as keyof typeof SETTINGS].default]);
    assert.deepEqual(told, Object.fromEntries(declared));
  });

  it('have every option of setup, and no other', () => {
    const told = section('contract/operator.md', 1).matchAll(/(?<=[`, (])--([a-z-]+)(?=[ `,])/g);
    const declared = helpText().matchAll(/^ {2}--([a-z-]+)/gm);
    const names = (found: Iterable<RegExpExecArray>) => [...new Set([...found].map(([, name]) => name))];
    // Docker's own.
    const here = names(told).filter((name) => name !== 'user');
    assert.deepEqual(here.sort(), names(declared).sort());
  });

  it('tell of reasons that the host may give', () => {
    const told = firstCells(section('contract/additions.md', 1)).flatMap((cell) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, reason]) => reason ?? ''),
    );
    assert.ok(told.length > 10);
    const given = new Set<string>(REASONS);
    assert.deepEqual(
      told.filter((reason) => !given.has(reason)),
      [],
    );
  });

  it('have every added route, and no other', () => {
    const routesIn = (text: string) =>
      [...text.matchAll(/`((?:GET|POST|DELETE) \/api\/(?:app(?:user)?|asset|host)(?:\/:?\w+)?)`/g)].map(
        ([, route]) => route ?? '',
      );
    const list: { method: string; path: string; addition?: boolean }[] = JSON.parse(
      readFileSync(new URL('../docs/contract/routes.json', import.meta.url), 'utf8'),
    );
    const keys = list.map(({ method, path }) => `${method} ${path}`);
    const added = keys.filter((_, index) => list[index]?.addition);
    const operators = routesIn(section('contract/operator.md', 7));
    const book = readFileSync(new URL('../docs/contract/additions.md', import.meta.url), 'utf8');
    const additions = routesIn(book);
    assert.deepEqual(
      [...new Set([...operators, ...additions])].filter((route) => added.includes(route)).sort(),
      added.sort(),
    );
    assert.deepEqual(
      operators.filter((route) => !added.includes(route)),
      [],
    );
    // It tells of older routes too, which have learned something.
    assert.deepEqual(
      additions.filter((route) => !keys.includes(route)),
      [],
    );
  });

  it('have every event with its level, and no other', () => {
    const told = firstCells(section('threats.md', 6)).flatMap((cell) => {
      const names = [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
      const levels = /\(([a-z, ]+)\)/.exec(cell)?.[1]?.split(', ') ?? [];
      return names.map((name, index) => [name, levels[index] ?? levels[0]] as const);
    });
    assert.deepEqual(Object.fromEntries(told), EVENT_LEVELS);
    assert.equal(told.length, Object.keys(EVENT_LEVELS).length);
  });

  it('name only files and folders that are there', () => {
    const here = (path: string) => existsSync(new URL(`../${path}`, import.meta.url));
    const missing = ['CONTRIBUTING.md', 'docs/architecture.md', 'docs/design.md', 'docs/threats.md'].flatMap(
      (book) => {
        const text = readFileSync(new URL(`../${book}`, import.meta.url), 'utf8');
        // A path with a `<name>` in it stands for many files: what comes before must be there.
        return [
          ...text.matchAll(/(?:`|\/\/ )([\w.-]+\/(?:[\w.-]+\/)*(?:[\w.-]+\.(?:ts|mjs|json))?)(?=[`<*\n])/g),
        ]
          .map(([, path]) => path ?? '')
          .filter(
            (path) => /\/./.test(path) && !here(path) && !here(`server/${path}`) && !path.startsWith('data/'),
          )
          .map((path) => `${book}: ${path}`);
      },
    );
    assert.deepEqual(missing, []);
  });
});
