import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Reason } from '../../model/errors.ts';
import { blame, reason } from './reason.ts';

const BYTES_MAX = 1024;
const typed = z
  .string()
  .min(1)
  .max(BYTES_MAX)
  .refine((text) => Buffer.byteLength(text) <= BYTES_MAX, reason('too_long'));

/** Of the schema of a member: the other member that its text may be sent in place of. */
const HASHED = z.registry<{ hashed: string }>();

/**
 * A member that brings a password as it was typed, 1 to 1,024 bytes of UTF-8 taken byte for byte, in place of
 * its MD5 in the member `hashed` (additions §1.2). The frame does the rest: one of the two is enough where
 * `hashed` is needed, its value is made from the text, and both must agree. `orEmpty`: a page sends its empty
 * field too.
 */
export function typedText(
  hashed: string,
  { orEmpty = false }: { orEmpty?: boolean } = {},
): z.ZodOptional<z.ZodType<string, string>> {
  const schema = (orEmpty ? z.union([z.literal(''), typed]) : typed).optional();
  HASHED.add(schema, { hashed });
  return schema;
}

/** A text of a route's input and the member that holds its MD5. */
export interface TypedMember {
  readonly name: string;
  readonly hashed: string;
  /** The text alone. */
  readonly schema: z.ZodType;
}

/** The members of a shape that were made with `typedText`. */
export function typedMembers(shape: Readonly<Record<string, z.ZodType>>): TypedMember[] {
  return Object.entries(shape).flatMap(([name, schema]) => {
    const hashed = HASHED.get(schema)?.hashed;
    return hashed === undefined ? [] : { name, hashed, schema: z.object({ [name]: schema }) };
  });
}

/**
 * Adds to what was sent the MD5 of each text. `made`: the members that were, by the text each was made of.
 * `wrong`: a text that is none, or that does not fit what was sent beside it.
 */
export function hashTyped(
  members: readonly TypedMember[],
  sent: Record<string, unknown>,
): { made: ReadonlyMap<string, string>; wrong?: { reason: Reason; field: string } } {
  const made = new Map<string, string>();
  for (const { name, hashed, schema } of members) {
    const text = sent[name];
    const checked = schema.safeParse({ [name]: text });
    if (!checked.success) return { made, wrong: blame(checked.error.issues, sent) };
    if (typeof text !== 'string' || text === '') continue;
    const md5 = createHash('md5').update(text).digest('hex');
    const other = sent[hashed];
    if (other === undefined) {
      sent[hashed] = md5;
      made.set(hashed, name);
    } else if (typeof other === 'string' && other.toLowerCase() !== md5) {
      // Two texts that differ, or a text and an MD5.
      const wrong = made.has(hashed)
        ? ({ reason: 'unknown_value', field: name } as const)
        : ({ reason: 'not_md5', field: hashed } as const);
      return { made, wrong };
    }
  }
  return { made };
}
