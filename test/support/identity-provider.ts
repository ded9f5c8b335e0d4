import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { listenOnLoopback } from './listen.ts';

/** An Apple or Google on a free local port: publishes its key set and signs identity tokens. */
export interface IdentityProvider {
  issuer: string;
  jwksUrl: string;
  /**
   * How it answers when asked for its keys: an HTTP status, not at all, by closing the connection, or with
   * what is no JSON.
   */
  mood: 'fine' | 'hang' | 'reset' | 'garbage' | number;
  /** A token with this provider's `iss`, `iat` and `exp` (in one hour of `now`); members of `claims` win. */
  token(now: number, claims: Record<string, unknown>): string;
  close(): Promise<void>;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts a provider with one RSA key pair. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = 'key-1';
  const keySet = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }],
  });
  const server = createServer((_request, response) => {
    const { mood } = provider;
    if (mood === 'hang') return;
    if (mood === 'reset') response.destroy();
    else if (typeof mood === 'number') response.writeHead(mood).end();
    else response.setHeader('Content-Type', 'application/json').end(mood === 'fine' ? keySet : '<html>{{');
  });
  const { url: issuer } = await listenOnLoopback(server);
  const provider: IdentityProvider = {
    issuer,
    mood: 'fine',
    jwksUrl: `${issuer}/keys`,
    token(now, claims) {
      const iat = Math.floor(now / 1000);
      const payload = { iss: issuer, iat, exp: iat + 3600, ...claims };
      const signed = `${encode({ alg: 'RS256', kid, typ: 'JWT' })}.${encode(payload)}`;
      return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return provider;
}
