import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { csvLine } from '../../../client/host/csv.ts';

describe('a line of CSV', () => {
  const cell = (text: string) => csvLine([text]).slice(0, -2);

  it('holds no formula, wherever a spreadsheet takes a cell to begin', () => {
    for (const [text, written] of [
      ['=1+1', "'=1+1"],
      ['-1', "'-1"],
      ['@x', "'@x"],
      ['a;=1+1', "a;'=1+1"],
      ['a;  +1', "a;  '+1"],
      ['a\t@x', "a\t'@x"],
      ['a\n=1', '"a\n\'=1"'],
      ['=1;=2', "'=1;'=2"],
    ] as const)
      assert.equal(cell(text), written);
  });

  it('leaves everything else as it is', () => {
    for (const text of ['ada@example.com', '+14155552671', 'a; b', 'a=b', 'a - b'])
      assert.equal(cell(text), text);
    assert.equal(csvLine(['a,b', 'say "hi"']), '"a,b","say ""hi"""\r\n');
  });
});
