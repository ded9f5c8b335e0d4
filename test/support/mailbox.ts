import type { ReceivedMail } from './smtp-server.ts';

/** A mail as a mail program shows it. */
export interface ReadMail {
  to: string[];
  from: string;
  replyTo: string;
  subject: string;
  text: string;
  html: string;
  attachments: { filename: string; contentType: string; content: Buffer }[];
}

interface Part {
  header(name: string): string;
  body: string;
}

/** Reads header and parts of a mail as it came over SMTP (RFC 5322, 2045, 2047). */
export function readMail({ to, data }: ReceivedMail): ReadMail {
  const whole = partOf(data);
  const mail: ReadMail = {
    to,
    from: whole.header('from'),
    replyTo: whole.header('reply-to'),
    subject: whole.header('subject'),
    text: '',
    html: '',
    attachments: [],
  };
  for (const part of leaves(whole)) {
    const contentType = part.header('content-type').split(';')[0] ?? '';
    const content = contentOf(part);
    const filename = /filename="?([^";]+)/.exec(part.header('content-disposition'))?.[1];
    if (filename) mail.attachments.push({ filename, contentType, content });
    else if (contentType === 'text/html') mail.html = content.toString();
    else mail.text = content.toString();
  }
  return mail;
}

/** The six digits a reader sees in a text. */
export function codeIn(text: string): string {
  return /\b\d{6}\b/.exec(text)?.[0] ?? 'no code';
}

/** Where the link of an HTML mail leads. */
export function linkIn(html: string): URL {
  return new URL(unescaped(/<a[^>]* href="([^"]*)"/.exec(html)?.[1] ?? 'no link'));
}

/** An attribute's value as a browser reads it. */
export function unescaped(value: string): string {
  return value
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function partOf(source: string): Part {
  const end = source.indexOf('\r\n\r\n');
  const lines = source
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  return {
    body: source.slice(end + 4),
    header(name) {
      const line = lines.find((each) => each.toLowerCase().startsWith(`${name}:`)) ?? '';
      return words(line.slice(name.length + 1).trim());
    },
  };
}

function leaves(part: Part): Part[] {
  const boundary = /^multipart\/.*boundary="?([^";]+)/.exec(part.header('content-type'))?.[1];
  if (!boundary) return [part];
  const pieces = `\r\n${part.body}`.split(`\r\n--${boundary}`).slice(1, -1);
  return pieces.flatMap((piece) => leaves(partOf(piece.slice(2))));
}

function contentOf(part: Part): Buffer {
  const encoding = part.header('content-transfer-encoding').toLowerCase();
  if (encoding === 'base64') return Buffer.from(part.body, 'base64');
  return encoding === 'quoted-printable' ? quotedPrintable(part.body) : Buffer.from(part.body);
}

function quotedPrintable(text: string): Buffer {
  const joined = text.replaceAll(/=\r\n/g, '');
  return Buffer.from(
    joined.replaceAll(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function words(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, kind, word) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(word, 'base64').toString()
        : quotedPrintable(word.replaceAll('_', ' ')).toString(),
    );
}
