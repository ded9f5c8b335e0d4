import type { Lookups } from '../ports/security/sealing.ts';
import { BoundedMap } from '../tools/bounded-map.ts';

/** 64 bits: a chance match only costs a look, for every row is compared after opening. */
const DIGITS = 16;
const REMEMBERED = 10_000;
/** What no two rows share is not worth remembering. */
const OWN = new Set(['uid', 'importedFrom']);

/** The keyed hash of something that rows of an app share: it stands among their prefixes. */
export type Mark = (appId: string, name: string, value: string) => string;

/** Marks are few and asked for again and again: they are remembered. */
export function createMarks(lookups: Lookups): Mark {
  const known = new BoundedMap<string>(REMEMBERED);
  const hashed = (appId: string, text: string) => lookups.key(appId, 'mark', text).slice(0, DIGITS);
  return (appId, name, value) => {
    const text = JSON.stringify([name, value]);
    if (OWN.has(name)) return hashed(appId, text);
    const place = `${appId} ${text}`;
    let mark = known.get(place);
    if (mark === undefined) {
      mark = hashed(appId, text);
      known.set(place, mark);
    }
    return mark;
  };
}
