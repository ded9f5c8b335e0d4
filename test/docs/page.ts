import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export interface Block {
  language: string;
  text: string;
}
export interface Section {
  heading: string;
  blocks: Block[];
}

/** The code of a page of the docs, section by section; the first has what stands before any heading. */
export function sectionsOf(page: string): Section[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  return text.split(/^## /m).map((section) => ({
    heading: section.split('\n', 1)[0] ?? '',
    blocks: [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
      language,
      text: code,
    })),
  }));
}

/** The values that stand one after the other in a text of JSON, with or without blanks between them. */
export function valuesIn(text: string): unknown[] {
  const values: unknown[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  const end = (at: number) => {
    const part = text.slice(start, at).trim();
    if (part) values.push(JSON.parse(part));
    start = at;
  };
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter === '\\') at++;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === '{' || letter === '[') {
      if (depth++ === 0) end(at);
    } else if ((letter === '}' || letter === ']') && --depth === 0) end(at + 1);
    else if (depth === 0 && text.startsWith('true', at)) {
      end(at);
      end(at + 4);
    }
  }
  end(text.length);
  return values;
}

/** Whether an answer is what the page shows: `"…"` is any text, members that are not shown may be there. */
export function assertLike(answer: unknown, shown: unknown, where: string): void {
  if (shown === '…') assert.equal(typeof answer, 'string', where);
  else if (shown === null || typeof shown !== 'object') assert.equal(answer, shown, where);
  else {
    assert.ok(answer !== null && typeof answer === 'object', `${where}: ${JSON.stringify(answer)}`);
    for (const [name, value] of Object.entries(shown)) {
      assertLike(
        (answer as Record<string, unknown>)[name],
        value,
        `${where}, ${name} of ${JSON.stringify(answer)}`,
      );
    }
  }
}
