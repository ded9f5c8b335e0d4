import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listenOnLoopback } from './listen.ts';

/** How a provider behaves; `garbage` is a 200 that is no JSON, `reset` cuts the connection. */
export type ProviderMood = 'fine' | 'hang' | 'reset' | 'garbage' | 'redirect' | number;

export interface ProviderRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}
export interface ProviderServer {
  readonly url: string;
  readonly requests: ProviderRequest[];
  mood: ProviderMood;
  stop(): Promise<void>;
}

/** Speaks SendGrid's `POST /v3/mail/send`: 202 without a body. */
export function startSendGrid(mood: ProviderMood = 'fine'): Promise<ProviderServer> {
  return startProvider(mood, (response) => response.writeHead(202).end());
}

/** Speaks Twilio's `POST /2010-04-01/Accounts/<sid>/Messages.json`: 201 with the message. */
export function startTwilio(mood: ProviderMood = 'fine'): Promise<ProviderServer> {
  return startProvider(mood, (response) =>
    response
      .writeHead(201, { 'content-type': 'application/json' })
      .end(JSON.stringify({ sid: 'SM00000000000000000000000000000000', status: 'queued' })),
  );
}

async function startProvider(
  mood: ProviderMood,
  accept: (response: ServerResponse) => void,
): Promise<ProviderServer> {
  const requests: ProviderRequest[] = [];
  const http = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    behave(provider.mood, response, accept);
  });
  const { url } = await listenOnLoopback(http);
  const provider: ProviderServer = {
    url,
    requests,
    mood,
    async stop() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
  return provider;
}

function behave(
  mood: ProviderMood,
  response: ServerResponse,
  accept: (response: ServerResponse) => void,
): void {
  if (mood === 'fine') accept(response);
  else if (mood === 'reset') response.destroy();
  else if (mood === 'garbage')
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html>{{');
  else if (mood === 'redirect') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  else if (typeof mood === 'number') {
    response
      .writeHead(mood, { 'content-type': 'application/json' })
      .end(JSON.stringify({ code: 21211, message: 'refused', errors: [{ message: 'refused' }] }));
  }
}
