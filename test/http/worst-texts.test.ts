import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMetadata } from '../../server/domain/users/metadata.ts';
import { decodeForm, decodeQuery } from '../../server/http/frame/form.ts';
import { repairPath, splitTarget } from '../../server/http/frame/path.ts';
import { HostError } from '../../server/model/errors.ts';
import { tooSlow } from '../support/growth.ts';

/** The longest body, and ten times what it may take. */
const SIZE = 100_000;
const CEILING_MS = 1_000;

const NAMES = new Set(['handle', 'metaData', 'code']);
const FIELDS = [{ id: '1', path: 'a.b.c', fieldName: 'c', required: false }];
const READERS: Record<string, (text: string) => unknown> = {
  form: (text) => decodeForm(text, NAMES),
  'form after a JSON value': (text) => decodeForm(`metaData={"a":"${text}`, NAMES),
  query: decodeQuery,
  path: repairPath,
  target: splitTarget,
  metadata: (text) => parseMetadata(FIELDS, text, { onBadText: 'invalid_metadata' }),
};
const PIECES = [
  '&',
  '=',
  '%',
  '%e2%82',
  '%25',
  '+',
  '/',
  '//',
  '/./',
  '&a=',
  '&handle=',
  '{',
  '[',
  '{"a":',
  '"',
  '\\',
  '\\"',
  '"a":1,',
  '?',
  '\ud800',
  'e\u0301',
];

describe('what comes in', () => {
  for (const [reader, read] of Object.entries(READERS)) {
    it(`is read in time that grows with it: ${reader}`, () => {
      for (const piece of PIECES) {
        const work = (size: number) => {
          const text = piece.repeat(size / piece.length);
          return () => {
            try {
              read(text);
            } catch (error) {
              assert(error instanceof HostError, String(error));
            }
          };
        };
        assert.equal(tooSlow(work, { size: SIZE, ceilingMs: CEILING_MS }), undefined, JSON.stringify(piece));
      }
    });
  }
});
