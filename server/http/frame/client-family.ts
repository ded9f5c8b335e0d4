import type { IncomingHttpHeaders } from 'node:http';
import { CLIENT_FAMILIES, type ClientFamily } from '../../model/client-family.ts';

/** How the libraries of shipped clients introduce themselves, in the order in which they are asked. */
const AGENTS: readonly (readonly [RegExp, ClientFamily])[] = [
  [/\b(?:CFNetwork|Darwin)\b/, 'swift'],
  [/ktor|kotlin/i, 'kotlin'],
  [/okhttp|ReactNative/i, 'react-native'],
  [/^Mozilla\b/, 'web'],
];
/** What is read of a header that may be of any length. */
const READ = 256;

/** What kind of client asks: what `X-Client` says in one of our words, else what `User-Agent` looks like. */
export function clientFamily(headers: IncomingHttpHeaders): ClientFamily {
  const named = headers['x-client'];
  const family = CLIENT_FAMILIES.find((word) => word === named);
  if (family) return family;
  const agent = (headers['user-agent'] ?? '').slice(0, READ);
  return AGENTS.find(([pattern]) => pattern.test(agent))?.[1] ?? 'other';
}
