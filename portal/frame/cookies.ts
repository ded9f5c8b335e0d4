import type { IncomingMessage } from 'node:http';
import type { FieldCipher } from '../../server/ports/security/sealing.ts';

/** What a browser keeps between signing in and being signed in. */
export interface EntryPass {
  csrf: string;
  /** The password was right; a code is due. */
  pending?: { operatorId: string; epoch: number } | undefined;
  until: number;
}

const ENTRY_SECONDS = 600;
const SESSION_SECONDS = 12 * 3_600;
const YEAR_SECONDS = 31_536_000;
const SEALED_AS = 'portal/entry-cookie';

/** Cookies of the portal: plain names where its origin is http, `__Host-` and `Secure` on https. */
export class Cookies {
  readonly #prefix: string;
  readonly #attributes: string;
  constructor(secure: boolean) {
    this.#prefix = secure ? '__Host-' : '';
    this.#attributes = `Path=/; SameSite=Strict${secure ? '; Secure' : ''}`;
  }

  /** The secret of the session. */
  session(request: IncomingMessage): string | undefined {
    return cookieOf(request, `${this.#prefix}portal`);
  }
  setSession(secret: string): string {
    return this.#hidden('portal', secret, SESSION_SECONDS);
  }
  endSession(): string {
    return this.#hidden('portal', '', 0);
  }

  /** What was sealed into the cookie of a visitor, while it lives. */
  entry(request: IncomingMessage, cipher: FieldCipher, now: number): EntryPass | undefined {
    const sealed = cookieOf(request, `${this.#prefix}portal-entry`);
    if (!sealed) return undefined;
    try {
      const pass: EntryPass = JSON.parse(cipher.open(sealed, SEALED_AS));
      return pass.until > now ? pass : undefined;
    } catch {
      return undefined;
    }
  }
  setEntry(pass: Omit<EntryPass, 'until'>, cipher: FieldCipher, now: number): string {
    const sealed = cipher.seal(JSON.stringify({ ...pass, until: now + ENTRY_SECONDS * 1_000 }), SEALED_AS);
    return this.#hidden('portal-entry', sealed, ENTRY_SECONDS);
  }
  endEntry(): string {
    return this.#hidden('portal-entry', '', 0);
  }

  /** `light` or `dark`; scripts may set it too. */
  theme(request: IncomingMessage): 'light' | 'dark' | undefined {
    const value = cookieOf(request, `${this.#prefix}portal-theme`);
    return value === 'light' || value === 'dark' ? value : undefined;
  }
  setTheme(theme: 'light' | 'dark'): string {
    return `${this.#prefix}portal-theme=${theme}; Max-Age=${YEAR_SECONDS}; ${this.#attributes}`;
  }
  language(request: IncomingMessage): string | undefined {
    return cookieOf(request, `${this.#prefix}portal-language`);
  }
  setLanguage(language: string): string {
    return this.#hidden('portal-language', language, YEAR_SECONDS);
  }

  #hidden(name: string, value: string, seconds: number): string {
    return `${this.#prefix}${name}=${value}; Max-Age=${seconds}; HttpOnly; ${this.#attributes}`;
  }
}

/** The first of that name: a browser sends the one with the longest path first. */
function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key = '', ...rest] = pair.trim().split('=');
    if (key === name) return rest.join('=');
  }
  return undefined;
}
