import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** A literal on one line, behind what can stand in front of one. */
const LITERAL =
  /(?<=[=(,:?[!&|;{}\s]|^)\/(?![/*])((?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?=[\s.,;)\]:}]|$)/gm;
const LENGTH = 6_000;
/** A pattern that is tried from everywhere, and then looks through all that follows, takes ten times that. */
const MOST_MS = 12;
const COMMON = [' ', '\n', 'a', 'A', '0', '.', '-', '/', '<', '"', '='];

interface Pattern {
  where: string;
  pattern: RegExp;
}

function patterns(): Pattern[] {
  const files = ['server', 'setup', 'client', 'cli'].flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: PROJECT }),
  );
  return files.flatMap((file) => {
    const code = readFileSync(join(PROJECT, file), 'utf8').replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
    return [...code.matchAll(LITERAL)].flatMap(([, source = '', flags = '']) => {
      const pattern = compiled(source, flags);
      return pattern && /[*+?}]/.test(source) ? [{ where: `${file} /${source}/${flags}`, pattern }] : [];
    });
  });
}

/**
 * Tried from everywhere, as a search does, unless it says where it begins; undefined for two divisions on one
 * line.
 */
function compiled(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags.includes('y') ? flags : `${flags.replace('g', '')}g`);
  } catch {
    return undefined;
  }
}

/** Pieces that the pattern itself speaks of, one and two at a time. */
function pieces({ source }: RegExp): string[] {
  const own = [...new Set(source.replaceAll(/\\[a-zA-Z]|[()[\]{}*+?^$|\\]/g, ''))].slice(0, 14);
  const words = source.match(/[a-zA-Z<>=" -]{2,}/g) ?? [];
  const single = [...new Set([...own, ...COMMON])];
  const pairs = own.flatMap((one) => own.map((two) => one + two));
  return [...single, ...words, ...pairs];
}

function cpuMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const after = process.threadCpuUsage();
  return (after.user + after.system - before.user - before.system) / 1_000;
}

describe('a regular expression', () => {
  const found = patterns();

  it('is found where there are some', () => {
    assert.ok(found.length > 60, String(found.length));
    assert.ok(found.some(({ where }) => where.startsWith('server/delivery/plain-text.ts')));
    assert.ok(found.some(({ where }) => where.startsWith('setup/')));
  });

  for (const { where, pattern } of found) {
    it(`takes time that grows with the text: ${where.slice(0, 100)}`, () => {
      for (const piece of pieces(pattern)) {
        const pumped = piece.repeat(LENGTH / piece.length);
        for (const text of [`${pumped}\0`, `<a href="${pumped}\0`]) {
          const search = () => void text.replace(pattern, '');
          // The least of some tries: others run on this machine.
          const slow = cpuMs(search) > MOST_MS && Math.min(cpuMs(search), cpuMs(search)) > MOST_MS;
          assert.ok(!slow, `slow on ${JSON.stringify(piece)} again and again`);
        }
      }
    });
  }
});
