import { createRequire } from 'node:module';
import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';

const require = createRequire(import.meta.url);

/** Longer than any way to write 15 digits. */
const TYPED_MAX = 320;
const E164 = /^\+[1-9]\d{7,14}$/;
/**
 * Blanks, dashes and invisible marks of every script, as pages and address books write them; the minus sign
 * is no dash to Unicode.
 */
const BETWEEN_DIGITS = /[\s\p{Pd}\p{Cf}\u2212\u30fb\u00b7./()]/gu;

/**
 * A phone number in E.164 (contract A16): a missing plus is added (forms of old clients deliver it as a
 * blank), blanks, dots, dashes, slashes, parentheses and invisible marks go, digits of any script are read, 8
 * to 15 must remain. Trunk zeros behind the country code go too, so that one number has one spelling and
 * reading it again changes nothing. `field`: the parameter to blame. Throws `invalid_data`.
 */
export function parsePhone(text: string, field = 'handle'): string {
  const compact =
    text.length > TYPED_MAX ? '' : asciiDigits(text.normalize('NFKC')).replace(BETWEEN_DIGITS, '');
  const number = compact.startsWith('+') ? compact : `+${compact}`;
  const mapped = E164.test(number) ? mappedNumber(number) : number;
  if (!E164.test(mapped)) {
    throw new HostError('invalid_data', { because: { reason: 'invalid_phone', field } });
  }
  return mapped;
}

/** The plans take one trunk prefix away at a time. */
function mappedNumber(number: string): string {
  const mapped = plans().parsePhoneNumberFromString(number)?.number ?? number;
  return mapped.length < number.length ? mappedNumber(mapped) : mapped;
}

/** Loaded with the first number: they are large, and many hosts never see one. */
function plans(): typeof import('libphonenumber-js') {
  return require('libphonenumber-js');
}

const BLOCK_DIGITS = 6;

/**
 * Country and six digits: numbers that are rented together have them in common. `number`: as `parsePhone`
 * answers it.
 */
export function numberBlock(number: string): string {
  const parsed = plans().parsePhoneNumberFromString(number);
  if (!parsed) return number.slice(0, 1 + 2 + BLOCK_DIGITS);
  return `+${parsed.countryCallingCode}${parsed.nationalNumber.slice(0, BLOCK_DIGITS)}`;
}

/**
 * Throws `invalid_data` when the app sends no SMS to where the number belongs. A number that no plan knows
 * belongs to every country of its calling code.
 */
export function requireReachable({ smsCountries = [] }: App, number: string, field = 'handle'): string {
  if (smsCountries.length === 0) return number;
  const { parsePhoneNumberFromString, getCountryCallingCode } = plans();
  const parsed = parsePhoneNumberFromString(number);
  const reachable = smsCountries.some((country) =>
    parsed?.country
      ? parsed.country === country
      : isCountry(country) && getCountryCallingCode(country) === parsed?.countryCallingCode,
  );
  if (!reachable) throw new HostError('invalid_data', { because: { reason: 'invalid_phone', field } });
  return number;
}

/** Whether numbers of a country can be told by its ISO 3166 code, two upper-case letters. */
export function isCountry(code: string): code is import('libphonenumber-js').CountryCode {
  return plans().isSupportedCountry(code);
}

/**
 * Decimal digits of every script as 0 to 9: each script has its ten in a row, from zero on (Unicode, `Nd`).
 */
function asciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => {
    let before = (digit.codePointAt(0) ?? 0) - 1;
    let value = 0;
    for (; isDigit(before); before--) value++;
    return String(value % 10);
  });
}

function isDigit(point: number): boolean {
  return /^\p{Nd}$/u.test(String.fromCodePoint(point));
}
