import { type DownloadReply, download } from './frame/route.ts';

/** One line of CSV (RFC 4180). A cell that a spreadsheet would take for a formula gets an apostrophe. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) && !/^\+\d+$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A list as a file, row by row as it is read. */
export function csvDownload(
  filename: string,
  header: readonly string[],
  rows: AsyncIterable<readonly string[]>,
): DownloadReply {
  async function* lines(): AsyncIterable<string> {
    yield csvLine(header);
    for await (const row of rows) yield csvLine(row);
  }
  return download(filename, 'text/csv; charset=utf-8', lines());
}
