import { createRequire } from 'node:module';
import { HostError } from '../model/errors.ts';

const require = createRequire(import.meta.url);

/**
 * A phone number in E.164 (contract A16): a missing plus is added (forms of old clients deliver it as a blank), blanks, dots, dashes and
 * parentheses go, 8 to 15 digits must remain. A trunk zero behind the country code goes too, so that one number has one spelling. Throws
 * `invalid_data`.
 */
export function parsePhone(text: string): string {
  const compact = text.replace(/[\s.\-()]/g, '');
  const number = compact.startsWith('+') ? compact : `+${compact}`;
  if (!/^\+[1-9]\d{7,14}$/.test(number)) throw new HostError('invalid_data');
  // Loaded with the first number: its plans are large, and many hosts never see one.
  const { parsePhoneNumberFromString } = require('libphonenumber-js') as typeof import('libphonenumber-js');
  return parsePhoneNumberFromString(number)?.number ?? number;
}
