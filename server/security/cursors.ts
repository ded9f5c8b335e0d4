import { refused } from '../model/errors.ts';
import type { Cursors, ListName } from '../ports/security/cursors.ts';
import { type FieldCipher, TamperError } from '../ports/security/sealing.ts';

/** See `Cursors`. A place may hold what is personal: it is sealed, not merely signed. */
export function createCursors(cipher: FieldCipher): Cursors {
  return {
    seal: (name, place) => cipher.seal(JSON.stringify(place), textOf(name)),
    open(name, cursor) {
      try {
        return JSON.parse(cipher.open(cursor, textOf(name)));
      } catch (error) {
        if (!(error instanceof TamperError)) throw error;
        throw refused('after does not belong to this list', { reason: 'unknown_value', field: 'after' });
      }
    },
  };
}

/** As JSON, so that no two lists read alike; in whatever order the filter was put together. */
function textOf({ list, appId, filter = {} }: ListName): string {
  const members = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([list, appId ?? null, members]);
}
