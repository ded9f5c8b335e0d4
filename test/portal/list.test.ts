import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filledPage } from '../../portal/list.ts';

describe('a page of what is rare among very many', () => {
  /** A list whose first rows stand on page `first`. */
  const pages = (first: number) => {
    const asked: string[] = [];
    const read = async (after: string) => {
      asked.push(after);
      const page = Number(after);
      return { rows: page < first ? [] : ['somebody'], next: String(page + 1) };
    };
    return { asked, read };
  };

  it('is the first one that has rows, from where one is', async () => {
    const { asked, read } = pages(6);
    const found = await filledPage(new URLSearchParams({ after: '3' }), read);
    assert.deepEqual(found, { rows: ['somebody'], next: '7' });
    assert.deepEqual(asked, ['3', '4', '5', '6']);
  });

  it('is an empty one after ten, from which the list goes on', async () => {
    const { asked, read } = pages(100);
    assert.deepEqual(await filledPage(new URLSearchParams(), read), { rows: [], next: '10' });
    assert.equal(asked.length, 10);
  });

  it('is the last one where there is no other', async () => {
    const read = async () => ({ rows: [] });
    assert.deepEqual(await filledPage(new URLSearchParams({ after: 'x' }), read), { rows: [] });
  });
});
