import type { App } from '../../client/host/apps.ts';
import type { Codes } from '../../server/ports/security/codes.ts';

/** Numbers that are nobody's (NANP 555-01XX). */
const NOBODYS_NUMBER = '+120255501';

/** Somebody to try an app with: an address or number of nobody, and a password that keeps the app's rules. */
export function newTestUser(app: App, codes: Pick<Codes, 'newId' | 'newSecret'>) {
  const id = codes.newId();
  const number = String(Number.parseInt(id.slice(0, 8), 16) % 100).padStart(2, '0');
  const handle = app.handle === 'phone' ? NOBODYS_NUMBER + number : `test-${id.slice(0, 8)}@example.com`;
  const rules: [string, number][] = [
    ['T', app.passwordMinUpper],
    ['e', app.passwordMinLower],
    ['7', app.passwordMinDigit],
    ['!', app.passwordMinSpecial],
  ];
  const wanted = rules.map(([character, count]) => character.repeat(Math.max(1, count))).join('');
  const password = (wanted + codes.newSecret().slice(0, 12)).padEnd(app.passwordMinLength, 'x');
  return { handle, password };
}
