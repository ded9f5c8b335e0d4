import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { settingsTable } from './support/settings-table.ts';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8');
const readme = read('README.md');
const pages = globSync('{*.md,docs/**/*.md}', { cwd: PROJECT });
/** Made on the operator's or developer's machine. */
const MADE_LATER = ['docker/.env', 'test/results/'];

/** The addresses of a page's links to files of the project. */
const links = (text: string) =>
  [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)[^)]*\)/g)].map(([, path]) => path ?? '');
/**
 * Paths of the project in a page's running text, from its root; an ending such as `…` or `<noun>` cuts them
 * short.
 */
const named = (text: string) =>
  [...text.matchAll(/(?<=[\s`("'])(?:server|setup|test|docker|docs|templates)\/[\w.\-/*{},]*[\w*/}]/g)].map(
    ([path]) => path,
  );

describe('README', () => {
  it('has the settings table that the declarations make', () => {
    assert.ok(
      readme.includes(settingsTable()),
      'run node test/support/settings-table.ts and paste what it prints',
    );
  });

  it('links only to files that are there', () => {
    assert.ok(links(readme).length > 5);
    assert.deepEqual(
      links(readme).filter((path) => !existsSync(join(PROJECT, path))),
      [],
    );
  });
});

describe('every page', () => {
  for (const page of pages) {
    it(`${page} links to and names only files that are there`, () => {
      const text = read(page);
      const missing = [
        ...links(text).filter((path) => !existsSync(join(PROJECT, dirname(page), path))),
        ...named(text).filter(
          (path) => !MADE_LATER.includes(path) && !globSync(path, { cwd: PROJECT }).length,
        ),
      ];
      assert.deepEqual(missing, []);
    });
  }
});
