import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { HttpContext } from '../../server/http/frame/request-facts.ts';
import { attachment } from '../../server/tools/attachment.ts';
import type { Asset } from './assets.ts';
import { commonHeaders } from './headers.ts';
import type { DownloadReply } from './route.ts';

const COMPRESS_FROM_BYTES = 1_024;
const compress = { br: promisify(brotliCompress), gzip: promisify(gzip) };
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
type Encoding = keyof typeof compress;

/** What leads to a page's headers, beside those of every answer. */
export interface Outgoing {
  status: number;
  contentType?: string;
  body?: string;
  /** Name, value, name, value … */
  headers: readonly string[];
  /** A page of the portal may show it in a frame. */
  framed?: boolean;
}

/** Writes answers of the portal, compressed where that helps. */
export class PortalSender {
  readonly #subdomains: boolean;
  constructor({ hstsSubdomains }: { hstsSubdomains: boolean }) {
    this.#subdomains = hstsSubdomains;
  }

  async send(
    ctx: HttpContext,
    secure: boolean,
    { status, contentType, body = '', headers, framed = false }: Outgoing,
  ): Promise<void> {
    const bytes = Buffer.from(body);
    const encoding = bytes.length >= COMPRESS_FROM_BYTES ? encodingOf(ctx) : undefined;
    const packed =
      encoding === 'br' ? await compress.br(bytes, BROTLI) : encoding ? await compress.gzip(bytes) : bytes;
    this.#write(ctx, secure, {
      status,
      packed,
      framed,
      headers: [
        ...['Cache-Control', 'no-store', 'Vary', 'HX-Request, Accept-Language, Accept-Encoding, Cookie'],
        ...(contentType ? ['Content-Type', contentType] : []),
        ...(encoding ? ['Content-Encoding', encoding] : []),
        ...headers,
      ],
    });
  }

  sendAsset(ctx: HttpContext, secure: boolean, asset: Asset): void {
    const encoding = encodingOf(ctx);
    this.#write(ctx, secure, {
      status: 200,
      packed: encoding ? asset[encoding] : asset.plain,
      headers: [
        ...['Cache-Control', 'public, max-age=31536000, immutable', 'Vary', 'Accept-Encoding'],
        ...['Content-Type', asset.contentType, 'Content-Security-Policy', "default-src 'none'"],
        ...(encoding ? ['Content-Encoding', encoding] : []),
      ],
    });
  }

  /** A file, piece by piece; rejects when it breaks off. */
  async sendDownload(
    ctx: HttpContext,
    secure: boolean,
    { filename, contentType, body }: DownloadReply,
    cookies: readonly string[],
  ): Promise<void> {
    ctx.respond = false;
    ctx.res.writeHead(200, [
      ...commonHeaders(ctx.exchange.requestId, { secure, subdomains: this.#subdomains }),
      ...['Cache-Control', 'no-store', 'Content-Type', contentType],
      ...['Content-Security-Policy', "default-src 'none'"],
      ...['Content-Disposition', attachment(filename)],
      ...cookies,
    ]);
    await pipeline(Readable.from(body), ctx.res);
  }

  #write(
    ctx: HttpContext,
    secure: boolean,
    {
      status,
      packed,
      headers,
      framed = false,
    }: { status: number; packed: Buffer; headers: readonly string[]; framed?: boolean },
  ): void {
    ctx.respond = false;
    const common = commonHeaders(ctx.exchange.requestId, { secure, subdomains: this.#subdomains, framed });
    ctx.res.writeHead(status, [...common, ...headers, 'Content-Length', String(packed.length)]);
    ctx.res.end(ctx.req.method === 'HEAD' ? undefined : packed);
  }
}

function encodingOf({ req }: HttpContext): Encoding | undefined {
  const accepted = String(req.headers['accept-encoding'] ?? '');
  return (['br', 'gzip'] as const).find((name) =>
    new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`).test(accepted),
  );
}
