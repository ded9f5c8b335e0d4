import { argon2Form } from './argon2.ts';
import { bcryptForm } from './bcrypt.ts';
import { firebaseForm } from './firebase.ts';
import type { ForeignHash } from './form.ts';
import { pbkdf2Form } from './pbkdf2.ts';
import { phpassForm } from './phpass.ts';
import { scryptForm } from './scrypt.ts';

/** Marks what is stored as a hash of the typed password, not of its MD5. */
const CLEAR = 'clear:';
const FORMS = [bcryptForm, argon2Form, pbkdf2Form, scryptForm, firebaseForm, phpassForm];

/** Of a form that is known, at a cost that is bearable; else undefined. */
export function parseForeign(stored: string): ForeignHash | undefined {
  if (!isForeign(stored)) return undefined;
  const text = stored.slice(CLEAR.length);
  for (const form of FORMS) {
    const parsed = form.parse(text);
    if (parsed) return { ...parsed, kind: CLEAR + parsed.kind };
  }
  return undefined;
}

export function isForeign(stored: string): boolean {
  return stored.startsWith(CLEAR);
}

/** What to store of a hash another system made of the typed password. */
export function asForeign(form: string): string {
  return CLEAR + form;
}

/** A hash of that kind which no password has; undefined for a kind that is none. */
export function foreignDecoy(kind: string): string | undefined {
  if (!isForeign(kind)) return undefined;
  const [name = '', ...numbers] = kind.slice(CLEAR.length).split('-');
  const form = FORMS.find(({ names }) => names.includes(name));
  const made = form && asForeign(form.decoy(name, numbers.map(Number)));
  return made !== undefined && parseForeign(made)?.kind === kind ? made : undefined;
}
