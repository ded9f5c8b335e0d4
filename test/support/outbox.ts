import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of `outbox.jsonl` (operator §3). */
export interface OutboxLine {
  at: string;
  channel: 'email' | 'sms';
  appId?: string;
  message: string;
  locale: string;
  to: string;
  from: string;
  replyTo?: string;
  subject?: string;
  text: string;
  html?: string;
  code?: string;
  link?: string;
  attachments?: { filename: string; contentType: string; content: string }[];
}

/** All whole lines so far; none when nothing was written. */
export function readOutbox(dataDir: string): OutboxLine[] {
  let text: string;
  try {
    text = readFileSync(join(dataDir, 'outbox.jsonl'), 'utf8');
  } catch {
    return [];
  }
  // What stands behind the last line feed is just being written.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** The code at the end of a signup link (additions §8), or the one that was sent as it is. */
export function codeOf({ code, link }: Pick<OutboxLine, 'code' | 'link'>): string {
  return code ?? link?.split('/').at(-1) ?? '';
}
