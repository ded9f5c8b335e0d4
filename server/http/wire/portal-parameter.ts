import { z } from 'zod';
import {
  FIELD_NAME_LENGTH,
  FIELD_PATH_LENGTH,
  FIELDS_MAX,
  isMailAddress,
  isPlainLine,
  WHOLE_NUMBER_MAX,
} from '../../model/portal-limits.ts';
import { parseJsonText } from '../../tools/json-text.ts';
import { reason } from '../frame/reason.ts';

/**
 * Parameters that many portal routes take. Ids of any text are read as unknown; only their type and length
 * are checked here.
 */
export const appId = z.string().max(64);
export const rowId = z
  .string()
  .max(24)
  .regex(/^[\da-f]{24}$/i);
/** A handle as the portal sends it; the domain judges its form. */
export const handle = z.string().max(254);
/** Literal text to look for (contract S27). */
export const searchText = z.string().max(254);

/** One line of text without control characters or lone surrogates. */
export function plainText(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine((text) => text.isWellFormed(), reason('wrong_type'))
    .refine(isPlainLine);
}
/** An address that mail comes from or is answered at; empty for none. */
export const mailAddress = z
  .string()
  .max(254)
  .refine((text) => text === '' || isMailAddress(text));
export const appName = plainText(128).refine((name) => name.trim() !== '');

/** A number, or its digits: query strings and form bodies carry text. */
export function numberOrDigits<S extends z.ZodType<number>>(schema: S) {
  const digits = z
    .string()
    .max(16)
    .regex(/^\d{1,9}(?:\.\d{1,6})?$/);
  return z.union([schema, digits.transform(Number).pipe(schema as z.ZodType<number, number>)]);
}
export const wholeNumber = numberOrDigits(z.int().min(0).max(WHOLE_NUMBER_MAX));
/** The portal writes flags of a query as text. */
export const queryFlag = z
  .string()
  .max(8)
  .transform((text) => text === 'true')
  .optional();

const metadataField = z.object({
  id: z.union([plainText(FIELD_NAME_LENGTH), z.int().transform(String)]).optional(),
  path: z.string().max(FIELD_PATH_LENGTH),
  fieldName: plainText(FIELD_NAME_LENGTH).optional(),
  required: z.boolean().optional(),
  canEdit: z.boolean().optional(),
});
/** A real list of metadata fields. */
export const fieldList = z.array(metadataField).max(FIELDS_MAX);
/** The same, or its JSON text (contract P8). */
export const metadataFields = z.union([
  fieldList,
  z.string().max(65_536).transform(parsedJson).pipe(fieldList),
]);

function parsedJson(text: string, { addIssue }: z.core.$RefinementCtx): unknown {
  try {
    return parseJsonText(text);
  } catch {
    addIssue({ code: 'custom', message: reason('not_json').error });
    return z.NEVER;
  }
}

/** Characters as JSON text. What may be kept is less; the domain says so. */
const JSON_MAX = 65_536;
/** Any JSON value. */
export const jsonValue = z
  .unknown()
  .refine((value) => JSON.stringify(value ?? null).length <= JSON_MAX, reason('too_long'))
  .meta({ maxLength: JSON_MAX });

/** A JSON object of the client's own making. */
export const jsonObject = z
  .record(z.string().max(JSON_MAX), jsonValue)
  .refine((value) => JSON.stringify(value).length <= JSON_MAX, reason('too_long'));

const PAGE_SIZE = 25;
const PAGE_MAX = 500;
/** A number of a query; whatever else stands there counts as absent, a negative one as 0. */
const pageNumber = z
  .string()
  .max(20)
  .transform((text) => Math.min(1_000_000, Math.max(0, Math.trunc(Number(text)) || 0)))
  .optional();
/** Paging of contract §4.4, P16: `offset` counts pages of `limit` rows, 25 to 500. */
export const paging = { offset: pageNumber, limit: pageNumber };
type Paging = { offset?: number | undefined; limit?: number | undefined };

/** Rows of a list: 25 unless more are asked for. */
export function listPage({ offset = 0, limit = 0 }: Paging): { offset: number; limit: number } {
  const size = Math.min(PAGE_MAX, Math.max(PAGE_SIZE, limit));
  return { offset: offset * size, limit: size };
}

/** Rows of a search: as many as there may be unless fewer are asked for (contract P13). */
export function searchPage({ offset = 0, limit = 0 }: Paging): { offset: number; limit: number } {
  const size = limit === 0 ? PAGE_MAX : Math.min(PAGE_MAX, limit);
  return { offset: offset * size, limit: size };
}
