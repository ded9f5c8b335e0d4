import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { KeepAlive } from './keep-alive.ts';

/** What one request may carry. Give at most one of `json`, `form`, `raw`. */
export interface RequestOptions {
  headers?: Record<string, string | string[]>;
  json?: unknown;
  /** Percent-encoded as a browser does. */
  form?: Record<string, string>;
  /** Byte for byte; set `content-type` yourself. */
  raw?: string | Buffer;
}
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  body: any;
}
/** One request over a keep-alive connection; the path goes out as it is. */
export function send(input: {
  agent?: Agent | undefined;
  port: number;
  method: string;
  path: string;
  input?: RequestOptions | undefined;
}): Promise<Answer> {
  const { headers = {}, json, form, raw } = input.input ?? {};
  const given = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  let body: string | Buffer | undefined = raw;
  let type: string | undefined;
  if (json !== undefined) [body, type] = [JSON.stringify(json), 'application/json'];
  if (form !== undefined) {
    [body, type] = [new URLSearchParams(form).toString(), 'application/x-www-form-urlencoded'];
  }
  if (type !== undefined) given['content-type'] ??= type;
  if (body !== undefined) given['content-length'] ??= String(Buffer.byteLength(body));
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port: input.port,
        method: input.method,
        path: input.path,
        headers: given,
        agent: input.agent,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = response.headers['content-type']?.startsWith('application/json') && text !== '';
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: isJson ? JSON.parse(text) : undefined,
          });
        });
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const wasOver = sent.reusedSocket && error.code === 'ECONNRESET' && input.agent instanceof KeepAlive;
      if (wasOver) resolve(send({ ...input, agent: undefined }));
      else reject(error);
    });
    sent.end(body);
  });
}
