import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Rule } from '../../../server/domain/portal/verifier-rules.ts';
import { FORM, VERIFIER_NAMES, VERIFIERS } from '../../../server/domain/portal/verifiers.ts';

const BOOK = readFileSync(new URL('../../../docs/connecting.md', import.meta.url), 'utf8');
const TITLE = '## What each of them looks at';

/** The section of the book, made from the table. */
function section(): string {
  const rows = VERIFIER_NAMES.flatMap((name) => {
    const rules: readonly Rule[] = VERIFIERS[name].rules;
    const sentences = rules.map(({ rule, holdsWhen }) => `| ${rule} | ${holdsWhen} |`);
    const head = ['', `### \`${name}\``, '', '| Rule | Holds when |', '|---|---|'];
    return [...head, `| ${FORM.rule} | ${FORM.holdsWhen} |`, ...sentences];
  });
  return rows.join('\n').trim();
}

describe('docs/connecting.md', () => {
  it('has a section for each verifier of the table', () => {
    for (const name of VERIFIER_NAMES)
      assert.ok(BOOK.includes(`\n## ${VERIFIERS[name].title}\n`), VERIFIERS[name].title);
  });

  it('says of each rule what the table says', () => {
    const [, told = ''] = BOOK.split(TITLE);
    const start = told.indexOf('### `');
    assert.equal(told.slice(start).trim(), section());
  });
});
