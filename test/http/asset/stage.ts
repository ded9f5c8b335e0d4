import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { App } from '../../../server/model/app.ts';
import type { User } from '../../../server/model/user.ts';
import type { Answer, TestHost } from '../../support/host.ts';
import { anId } from '../../support/records.ts';

/** A user of an app that keeps files, and what they call. */
export class Owner {
  readonly host: TestHost;
  readonly app: App;
  readonly user: User;
  readonly token: string;
  constructor(host: TestHost, app: App, user: User, token: string) {
    this.host = host;
    this.app = app;
    this.user = user;
    this.token = token;
  }

  post(name: string, json: unknown): Promise<Answer> {
    const headers = { 'access-token': this.token };
    return this.host.request('POST', `/api/asset/${name}`, { headers, json });
  }
  get(path = ''): Promise<Answer> {
    return this.host.request('GET', `/api/asset${path}`, { headers: { 'access-token': this.token } });
  }
  init(more: Record<string, unknown> = {}): Promise<Answer> {
    return this.post('init', { filePath: 'a/photo.jpg', contentType: 'image/jpeg', size: 5, ...more });
  }
  /** A file, uploaded and made an asset; the answer of `create`. */
  async upload(bytes: string | Buffer = 'hello', more: Record<string, unknown> = {}): Promise<Answer> {
    const begun = await this.init({ size: Buffer.byteLength(bytes), ...more });
    await put(begun.body.writeUrls.writeUrl, bytes, begun.body.headers);
    return this.post('create', { contentId: begun.body.contentId });
  }
}

/** A user of a new app with local storage. */
export async function anOwner(host: TestHost, settings: Partial<App> = {}): Promise<Owner> {
  const app = await host.createApp({ assetStorage: 'local', ...settings });
  return ownerIn(host, app);
}
export async function ownerIn(host: TestHost, app: App): Promise<Owner> {
  const user = await host.createUser(app, { handle: `u${anId()}@example.com` });
  return new Owner(host, app, user, await host.accessToken(app, user));
}

export interface Fetched {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}
/** A call of a signed address, as it stands. */
export function call(
  method: string,
  address: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(address.replace('localhost', '127.0.0.1'), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(chunks),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
export function put(
  address: string,
  body: string | Buffer,
  headers: Record<string, string> = { 'Content-Type': 'image/jpeg' },
): Promise<Fetched> {
  return call('PUT', address, { 'Content-Length': String(Buffer.byteLength(body)), ...headers }, body);
}
