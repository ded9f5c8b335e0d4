import { unguarded } from '../client/host/csv.ts';

const HEADS = ['handle', 'email', 'e-mail', 'phone'];

/**
 * The handles of a file: one a line, or the first column of CSV, with or without a line of titles. Quotes go,
 * and one apostrophe that an export put in front of what a spreadsheet takes for a formula.
 */
export function handlesOf(text: string): string[] {
  const handles = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => unguarded(firstCell(line).trim()))
    .filter((handle) => handle !== '');
  return HEADS.includes((handles[0] ?? '').toLowerCase()) ? handles.slice(1) : handles;
}

function firstCell(line: string): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1];
  return quoted === undefined ? (line.split(/[,;\t]/)[0] ?? '') : quoted.replaceAll('""', '"');
}
