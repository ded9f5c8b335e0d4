import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { attachment } from '../../tools/attachment.ts';
import { DownloadReply, FileReply, PageReply, TextReply } from '../route.ts';
import type { AnswerHeaders } from './answer-headers.ts';
import { EVERYONE } from './cors.ts';
import type { HttpContext } from './request-facts.ts';

/** So much of a long text is handed on at a time. */
const PIECE_BYTES = 64 * 1024;

/** A finished answer. */
export interface Reply {
  status: number;
  body: string | Buffer | NodeJS.ReadableStream;
  contentType: string;
  cacheControl?: string;
  /** Of a page: the only origin of its pictures. */
  picturesFrom?: string | undefined;
  /** Of a page: its content security policy, where it is not that of a page without scripts. */
  policy?: string | undefined;
  /** Names the content, with its quotes. */
  etag?: string | undefined;
  /** May be read by pages of any origin. */
  anyOrigin?: boolean;
  /** Name, value, name, value … */
  headers?: readonly string[];
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** A JSON answer whose text is ready. */
export function jsonReply(status: number, body: string, headers?: readonly string[]): Reply {
  return { status, body, contentType: JSON_TYPE, headers };
}

/** An HTML answer (operator §6). */
export function pageReply(page: PageReply, headers?: readonly string[]): Reply {
  const { status, html: body, picturesFrom, policy } = page;
  return { status, body, contentType: 'text/html; charset=utf-8', picturesFrom, policy, headers };
}

/** What `respond` answered, ready to be sent. Nothing to return is the bare `true` (contract §2.1). */
export function replyOf(answer: unknown): Reply {
  if (answer === true || answer === undefined) return jsonReply(200, 'true');
  if (answer instanceof PageReply) return pageReply(answer);
  if (answer instanceof TextReply) {
    const { status, text, contentType, cacheControl, etag, anyOrigin } = answer;
    return { status, body: text, contentType, cacheControl, etag, anyOrigin };
  }
  if (answer instanceof DownloadReply) {
    const headers = ['Content-Disposition', attachment(answer.filename)];
    return { status: 200, body: answer.stream, contentType: answer.contentType, headers };
  }
  if (answer instanceof FileReply) {
    const { stream: body = '', status, contentType, cacheControl, etag, headers } = answer;
    return { status, body, contentType, cacheControl, etag, headers, policy: 'sandbox' };
  }
  return jsonReply(200, JSON.stringify(answer));
}

/** Writes answers with the headers of every answer and those of their own. */
export class Sender {
  readonly #headers: AnswerHeaders;
  constructor(headers: AnswerHeaders) {
    this.#headers = headers;
  }

  /** Sends text at once; resolves for a stream when it is through, and rejects when the stream breaks off. */
  async send(ctx: HttpContext, reply: Reply, cors: readonly string[]): Promise<void> {
    // One writeHead with a flat list is several times as fast as Koa's header by header.
    ctx.respond = false;
    const { res } = ctx;
    const { body, cacheControl, picturesFrom, policy } = reply;
    const { requestId } = ctx.exchange;
    const contentType = reply.status === 204 ? undefined : reply.contentType;
    const headers = this.#headers.of({ requestId, contentType, cacheControl, picturesFrom, policy });
    headers.push(...(reply.anyOrigin ? EVERYONE : cors), ...(reply.headers ?? []));
    if (reply.etag !== undefined) headers.push('ETag', reply.etag);
    if (isKnown(reply.etag, ctx.req.headers['if-none-match'])) {
      res.writeHead(304, headers);
      res.end();
      return;
    }
    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      // What a HEAD is answered has the length of what it stands for.
      if (reply.status !== 204 && !headers.includes('Content-Length'))
        headers.push('Content-Length', String(Buffer.byteLength(body)));
      res.writeHead(reply.status, headers);
      // A piece at a time, so that somebody who reads slowly is seen to read.
      if (body.length > PIECE_BYTES) await pipeline(Readable.from(piecesOf(body)), res);
      else res.end(body);
      return;
    }
    res.writeHead(reply.status, headers);
    if (ctx.req.method === 'HEAD') {
      if ('destroy' in body && typeof body.destroy === 'function') body.destroy();
      res.end();
      return;
    }
    await pipeline(body, res);
  }
}

/** Whether the client has this content; a proxy may have called it weak (RFC 9110 §13.1.2). */
function isKnown(etag: string | undefined, known: string | undefined): boolean {
  if (etag === undefined || known === undefined) return false;
  return known.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

function* piecesOf(text: string | Buffer): Generator<Buffer> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    yield bytes.subarray(start, start + PIECE_BYTES);
  }
}
