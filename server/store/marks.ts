import type { Lookups } from '../ports/security/sealing.ts';
import { BoundedMap } from '../tools/bounded-map.ts';

/** 64 bits: a chance match only costs a look, for every row is compared after opening. */
const DIGITS = 16;
const REMEMBERED = 10_000;

/** The keyed hash of something that rows of an app share: it stands among their prefixes. */
export type Mark = (appId: string, name: string, value: string) => string;

/** Marks are few and asked for again and again: they are remembered. */
export function createMarks(lookups: Lookups): Mark {
  const known = new BoundedMap<string>(REMEMBERED);
  return (appId, name, value) => {
    const text = JSON.stringify([name, value]);
    const place = `${appId} ${text}`;
    let mark = known.get(place);
    if (mark === undefined) {
      mark = lookups.key(appId, 'mark', text).slice(0, DIGITS);
      known.set(place, mark);
    }
    return mark;
  };
}
