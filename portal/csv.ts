import { csvLine } from '../client/host/csv.ts';
import { type DownloadReply, download } from './frame/route.ts';

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
