import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { acceptedLanguage, LANGUAGES, type Language } from '../../portal/frame/texts.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const textsOf = (language: string): Record<string, string> =>
  JSON.parse(read(`portal/texts/${language}.json`));
const EN = textsOf('EN');
const placeholders = (text = '') => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

describe('the texts of the portal', () => {
  for (const language of Object.keys(LANGUAGES) as Language[]) {
    it(`are all there in ${language}, with the same placeholders`, () => {
      const texts = textsOf(language);
      assert.deepEqual(Object.keys(texts), Object.keys(EN).sort());
      for (const [name, text] of Object.entries(texts)) {
        assert.notEqual(text.trim(), '', name);
        assert.deepEqual(placeholders(text), placeholders(EN[name]), name);
      }
    });
  }

  it('are all that templates ask for', () => {
    const files = globSync('templates/portal/**/*.hbs', { cwd: ROOT });
    assert.ok(files.length > 10);
    const asked = files.flatMap((file) =>
      [...read(file).matchAll(/[({]t '([^']+)'/g)].map(([, name]) => name ?? ''),
    );
    assert.deepEqual(
      asked.filter((name) => EN[name] === undefined),
      [],
    );
  });

  it('have no markup, and templates put none in unescaped', () => {
    for (const language of Object.keys(LANGUAGES)) {
      for (const [name, text] of Object.entries(textsOf(language))) assert.doesNotMatch(text, /[<>]/, name);
    }
    for (const file of globSync('templates/portal/**/*.hbs', { cwd: ROOT })) {
      const text = read(file);
      assert.doesNotMatch(text, /\{\{\{|\{\{&/, file);
      assert.doesNotMatch(text, / style="| on[a-z]+="|<script(?! nonce)/, file);
    }
  });

  it('come in the language a browser would rather have', () => {
    const wanted = (header: string | undefined) => acceptedLanguage(header);
    assert.equal(wanted(undefined), 'EN');
    assert.equal(wanted('de-AT,en;q=0.5'), 'DE');
    assert.equal(wanted('nl, pt;q=0.9, zh-Hans;q=0.8'), 'ZH');
    assert.equal(wanted('fr;q=0, ja;q=0.1'), 'JA');
  });
});
