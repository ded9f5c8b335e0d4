import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { settingsTable } from './support/settings-table.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

describe('README', () => {
  it('has the settings table that the declarations make', () => {
    assert.ok(
      readme.includes(settingsTable()),
      'run node test/support/settings-table.ts and paste what it prints',
    );
  });

  it('links only to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path]) => path ?? '');
    assert.ok(links.length > 5);
    assert.deepEqual(
      links.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url))),
      [],
    );
  });
});
