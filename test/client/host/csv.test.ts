import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { csvLine, unguarded } from '../../../client/host/csv.ts';
import { forSpreadsheet, fromSpreadsheet } from '../../../server/tools/spreadsheet.ts';

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

  it('is guarded as the cells of an export are, and each guard can be taken off', () => {
    const signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', "'", "'=", "''-", 'a', '', '+1a'];
    for (const text of signs.map((sign) => `${sign}x`)) {
      assert.equal(cell(text), forSpreadsheet(text));
      assert.deepEqual([unguarded(cell(text)), fromSpreadsheet(cell(text))], [text, text]);
    }
  });

  it('leaves everything else as it is', () => {
    for (const text of ['ada@example.com', '+14155552671', 'a; b', 'a=b', 'a - b'])
      assert.equal(cell(text), text);
    assert.equal(csvLine(['a,b', 'say "hi"']), '"a,b","say ""hi"""\r\n');
  });
});
