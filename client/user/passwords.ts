import type { Call, CallOptions } from './call.ts';
import type { PasswordRule } from './error.ts';
import type { Application } from './types.ts';

/** The characters that count as special, as the host's white paper lists them. */
const SPECIAL = /[@%+\\/'!#$^?:()[\]~`\-_.,]/g;

/** What the app says of itself: asked once, and again by `get({ fresh: true })`. */
export class AppFacts {
  readonly #call: Call;
  #known: Application | undefined;
  constructor(call: Call) {
    this.#call = call;
  }

  async get(options?: CallOptions, { fresh = false } = {}): Promise<Application> {
    if (!this.#known || fresh) {
      this.#known = await this.#call.app<Application>('getApplication', undefined, options);
    }
    return this.#known;
  }

  /**
   * A password as this host takes it: as it was typed, else the MD5 that hosts of before ask for, whose code
   * is loaded only then.
   */
  async password(text: string, name: 'password' | 'newPassword' = 'password', options?: CallOptions) {
    const { passwordText } = await this.get(options);
    if (passwordText) return { [`${name}Text`]: text };
    const { md5 } = await import('./md5.ts');
    return { [name]: md5(text) };
  }

  /**
   * Rules of the app that a password does not keep, as the host counts: by code points; upper and lower by
   * Unicode. Throws a `TypeError` before `app()` was read.
   */
  unmet(text: string): PasswordRule[] {
    const app = this.#known;
    if (!app) throw new TypeError('call app() first');
    if (!app.passwordFilter) return [];
    const counted = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
    const rules: [PasswordRule, number, number][] = [
      ['length', [...text].length, app.passwordMinLength],
      ['upper', counted(/\p{Lu}/gu), app.passwordMinUpper],
      ['lower', counted(/\p{Ll}/gu), app.passwordMinLower],
      ['digit', counted(/[0-9]/g), app.passwordMinDigit],
      ['special', counted(SPECIAL), app.passwordMinSpecial],
    ];
    return rules.filter(([, has, needs]) => has < needs).map(([rule]) => rule);
  }
}
