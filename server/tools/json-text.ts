import { HostError } from '../model/errors.ts';

const MOST_DEPTH = 8;
const MOST_KEYS = 64;

/**
 * Parses JSON from outside. Depth (≤ 8) and members per object (≤ 64) are checked on the text first: a text
 * of 50,000 levels parses and then overflows the stack elsewhere. Throws `malformed_request`.
 */
export function parseJsonText(text: string): unknown {
  if (!isTame(text)) throw notJson();
  try {
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}

function notJson(): HostError {
  return new HostError('malformed_request', { because: { reason: 'not_json' } });
}

/**
 * Whether a text, if it is JSON at all, stays within the limits. Counts colons and brackets outside strings.
 */
function isTame(text: string): boolean {
  const keys: number[] = [];
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x22: // "
        index = endOfString(text, index);
        break;
      case 0x7b: // {
      case 0x5b: // [
        if (keys.push(0) > MOST_DEPTH) return false;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        keys.pop();
        break;
      case 0x3a: {
        // : stands once per member
        const counted = (keys.pop() ?? 0) + 1;
        if (counted > MOST_KEYS) return false;
        keys.push(counted);
        break;
      }
    }
  }
  return true;
}

function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text.charCodeAt(end) !== 0x22) end += text.charCodeAt(end) === 0x5c ? 2 : 1;
  return end;
}
