import type { IncomingMessage } from 'node:http';
import type { Reason } from '../../model/errors.ts';
import { isPlainLine } from '../../model/portal-limits.ts';
import { Refused } from './refused.ts';

/** The header in which the portal says who acts through it, percent-encoded UTF-8 (additions §4). */
export const OPERATOR_HEADER = 'operator';
/** After decoding. */
const CHARACTERS = 120;

/** The operator whom a portal route names in the app's log; refuses a header that names nobody. */
export function operatorOf({ headersDistinct }: IncomingMessage): string | undefined {
  const [sent = '', ...others] = headersDistinct[OPERATOR_HEADER] ?? [];
  if (others.length > 0) throw malformed('wrong_type');
  if (sent === '') return undefined;
  const name = decoded(sent);
  if ([...name].length > CHARACTERS) throw malformed('too_long');
  if (!isPlainLine(name)) throw malformed('unknown_value');
  return name;
}

function decoded(text: string): string {
  // Bytes beyond ASCII would have been read as Latin-1.
  if (/[^ -~]/.test(text)) throw malformed('wrong_type');
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed('wrong_type');
  }
}

function malformed(reason: Reason): Refused {
  return new Refused({ fails: 400 }, { because: { reason, field: OPERATOR_HEADER } });
}
