import { mappedAddress } from './mail-address.ts';

/*
 * What a number, a field or an edited text may be, wherever it comes from, a portal or an import: what a
 * portal is shown it can save. Lengths are in characters.
 */

export const WHOLE_NUMBER_MAX = 1_000_000_000;
export const TEXT_LENGTHS = { subject: 998, htmlTemplate: 65_536, localeLinkText: 200 };
/** Fields of one list, and the length of a field's id and name. */
export const FIELDS_MAX = 64;
export const FIELD_NAME_LENGTH = 64;
export const FIELD_PATH_LENGTH = 256;
/** Longest address that a mail server has to take (RFC 5321 §4.5.3.1.3, without the brackets). */
const MAIL_ADDRESS_LENGTH = 254;

const CONTROLS = /[\p{Cc}\uFFFD]/u;

/** Whether a text is one line without control characters or lone surrogates. */
export function isPlainLine(text: string): boolean {
  return text.isWellFormed() && !CONTROLS.test(text);
}

/** Whether a mail can come from there and be answered there. */
export function isMailAddress(text: string): boolean {
  return text.length <= MAIL_ADDRESS_LENGTH && mappedAddress(text) !== undefined;
}
