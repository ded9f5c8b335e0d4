const textOf = (part) => new TextDecoder().decode(bytesOf(part));
const bytesOf = (part) =>
  Uint8Array.from(atob(part.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));

/**
 * What a JWT says, and until when it is good; without `until` it is not. The signature is checked against the
 * key set the host publishes now, as any other system would. The claims are shown, not trusted, before that.
 */
export async function verify(token, host, ask) {
  const [head, body, signature] = token.split('.');
  const header = JSON.parse(textOf(head));
  const claims = JSON.parse(textOf(body));
  const appId = new URL(claims.iss).pathname.split('/').at(-1);
  const { keys } = await (await ask(`${host}/apps/${appId}/.well-known/jwks.json`)).json();
  const jwk = keys.find(({ kid }) => kid === header.kid);
  const until = new Date(claims.exp * 1000);
  if (!jwk || header.alg !== 'RS256' || until <= new Date()) return { header, claims };
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
  const signed = new TextEncoder().encode(`${head}.${body}`);
  const isRight = await crypto.subtle.verify(algorithm, key, bytesOf(signature), signed);
  return { header, claims, until: isRight ? until : undefined };
}
