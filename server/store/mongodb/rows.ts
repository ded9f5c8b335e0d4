import { brokenDoc, type Row, type StoredRow } from '../engine.ts';

/** A row as MongoDB keeps it: `_id` is the row's id, absent numbers are null. */
export interface RowDocument extends Omit<Row, 'id' | 'dueAt' | 'touchedAt' | 'seenDay'> {
  _id: string;
  dueAt: number | null;
  touchedAt: number | null;
  /** Only where there is one. */
  seenDay?: number;
}

/** A row as it is written. */
export function toDocument(row: Row): RowDocument {
  const { id, dueAt, touchedAt, seenDay, doc, ...rest } = row;
  return {
    _id: id,
    ...rest,
    dueAt: dueAt ?? null,
    touchedAt: touchedAt ?? null,
    ...(seenDay !== undefined && { seenDay }),
    doc: encodeMembers(doc),
  };
}

/** Leaves out what only serves to find a row. */
export const STORED = { keys: 0, lookups: 0, prefixes: 0, tags: 0 } as const;

/** A row as it was read. */
export function toRow(document: Omit<RowDocument, keyof typeof STORED>): StoredRow {
  const { _id, dueAt, touchedAt, seenDay, doc, ...rest } = document;
  return {
    id: _id,
    ...rest,
    dueAt: dueAt ?? undefined,
    touchedAt: touchedAt ?? undefined,
    seenDay,
    doc: readDoc(doc),
  };
}

/** A whole row as it was read. */
export function toWholeRow({ keys, lookups, prefixes, tags, ...stored }: RowDocument): Row {
  return { ...toRow(stored), keys, lookups, prefixes, tags };
}

/** What a damaged disk or a strange hand made of a document must not stop whoever reads many rows. */
function readDoc(doc: unknown): Record<string, unknown> {
  return isObject(doc) && !Array.isArray(doc) ? decodeMembers(doc) : brokenDoc(doc ?? null);
}

// Names the driver or the server would take for something of their own: `$ref` and `$id` become a DBRef,
// `_bsontype` a BSON class.
const SPECIAL_NAME = /^(?:[$\\]|_bsontype$)/;

/** The members of a document under names that neither driver nor server takes for its own. */
export function encodeMembers(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      SPECIAL_NAME.test(name) ? `\\${name}` : name,
      encode(value),
    ]),
  );
}

function encode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(encode);
  return isObject(value) ? encodeMembers(value) : value;
}

function decodeMembers(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      name.startsWith('\\') ? name.slice(1) : name,
      decode(value),
    ]),
  );
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  return isObject(value) ? decodeMembers(value) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
