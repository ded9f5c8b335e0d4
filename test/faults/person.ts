import { createHash, randomInt } from 'node:crypto';
import type { Answer } from '../support/host.ts';

/** What a person needs of the host under fire. Every call rejects with `LostAnswer` when no answer came. */
export interface World {
  /** Calls as the app, as the user of an access token, or as the portal. */
  call(caller: Caller, path: string, body: Record<string, unknown>): Promise<Answer>;
  /** The codes of that kind sent to a handle so far, oldest first. */
  codes(handle: string, message: 'signUp' | 'resetPassword'): string[];
  /** Lets time pass until the host may have sent more. */
  wait(): Promise<void>;
  readonly appId: string;
}
export type Caller = 'app' | 'portal' | { accessToken: string };

/** The host died, or said that it could not: the call may have taken effect or not. */
export class LostAnswer extends Error {}

/** What the host has acknowledged. */
export interface Ledger {
  signups: number;
  passwords: number;
  codes: number;
  suspensions: number;
  renewals: number;
  /** Calls without an answer, each resolved one way or the other afterwards. */
  lost: number;
}

const INVALID_CREDENTIALS = 600;
const TAKEN = 601;
const REFUSED = 602;
const SUSPENDED = 404;

/**
 * Somebody who signs up and then changes and resets the password, is suspended and reinstated, over and over;
 * remembers what was acknowledged and what is in doubt, and can say whether the host remembers the same.
 */
export class Person {
  readonly #handle: string;
  readonly #world: World;
  readonly #ledger: Ledger;
  #joined = false;
  #password: string;
  /** The wish of a call that got no answer. */
  #doubtful: { code?: string; password?: string; status?: 'active' | 'suspend'; renewal?: true } | undefined;
  #suspended = false;
  #accessToken = '';
  #usedCodes: { code: string; signup: boolean }[] = [];
  #formerPassword: string | undefined;

  constructor(name: string, world: World, ledger: Ledger) {
    this.#handle = `${name}@example.com`;
    this.#world = world;
    this.#ledger = ledger;
    this.#password = newPassword();
  }

  /** Does one thing. Rejects with `LostAnswer` when the host died; `settle` has to follow. */
  async act(): Promise<void> {
    if (!this.#joined) return this.#signUp();
    if (this.#suspended) return this.#setStatus('active');
    const acts = [
      () => this.#changePassword(),
      () => this.#resetPassword(),
      () => this.#setStatus('suspend'),
      () => this.#renew(),
    ];
    await acts[randomInt(acts.length)]?.();
  }

  /**
   * After a restart: finds out how the call in doubt ended, and throws when what was acknowledged is not so,
   * or a flow stands half-done.
   */
  async settle(): Promise<void> {
    const doubtful = this.#doubtful;
    this.#doubtful = undefined;
    if (!this.#joined) {
      if (doubtful?.code) await this.#complete(doubtful.code);
      return;
    }
    // Whether the answer was lost or the renewal: the old token can be renewed.
    if (doubtful?.renewal) await this.#renew();
    if (doubtful?.status) await this.#setStatus(doubtful.status);
    if (doubtful?.password) {
      const happened = (await this.#logIn(doubtful.password)) !== INVALID_CREDENTIALS;
      if (happened) this.#take(doubtful.password, doubtful.code);
    }
    await this.#verify();
  }

  async #signUp(): Promise<void> {
    const { codes } = this.#world;
    const earlier = codes(this.#handle, 'signUp').length;
    await this.#acknowledged('app', '/api/appuser/signup', {
      handle: this.#handle,
      password: this.#password,
    });
    // The answer waits for the mail.
    const code = codes(this.#handle, 'signUp').at(-1);
    if (!code || codes(this.#handle, 'signUp').length === earlier)
      this.#complain('an acknowledged signup sent no code');
    this.#doubtful = { code };
    await this.#complete(code);
    this.#doubtful = undefined;
  }

  /** The same code finishes a completion that was cut off. */
  async #complete(code: string): Promise<void> {
    const answer = await this.#world.call('app', '/api/appuser/completeSignup', {
      handle: this.#handle,
      code,
    });
    if (answer.status !== 200 && answer.body?.code !== TAKEN)
      this.#complain(`completeSignup: ${answer.text}`);
    this.#joined = true;
    this.#ledger.signups++;
    this.#usedCodes.push({ code, signup: true });
    await this.#verify();
  }

  async #changePassword(): Promise<void> {
    const wished = newPassword();
    this.#doubtful = { password: wished };
    await this.#acknowledged({ accessToken: this.#accessToken }, '/api/appuser/changePassword', {
      password: this.#password,
      newPassword: wished,
    });
    this.#doubtful = undefined;
    this.#take(wished);
    await this.#requireLogIn();
  }

  async #resetPassword(): Promise<void> {
    const { codes } = this.#world;
    const earlier = codes(this.#handle, 'resetPassword').length;
    await this.#acknowledged('app', '/api/appuser/forgotPassword', { handle: this.#handle });
    const wished = newPassword();
    for (let seen = earlier; ; seen++) {
      // A mail that a crash held up may come before the new one, with a code that is void by now.
      while (codes(this.#handle, 'resetPassword').length === seen) await this.#world.wait();
      const code = String(codes(this.#handle, 'resetPassword')[seen]);
      this.#doubtful = { password: wished, code };
      const body = { handle: this.#handle, password: wished, code };
      const answer = await this.#world.call('app', '/api/appuser/resetPassword', body);
      this.#doubtful = undefined;
      if (answer.body?.code === REFUSED) continue;
      if (answer.text !== 'true') this.#complain(`resetPassword: ${answer.text}`);
      this.#take(wished, code);
      return this.#requireLogIn();
    }
  }

  async #renew(): Promise<void> {
    this.#doubtful = { renewal: true };
    const old = this.#accessToken;
    const answer = await this.#world.call({ accessToken: old }, '/api/appuser/renew', {});
    if (answer.status !== 200) this.#complain(`renew: ${answer.text}`);
    this.#doubtful = undefined;
    this.#accessToken = answer.body['access-token'];
    this.#ledger.renewals++;
    for (const accessToken of [old, this.#accessToken]) {
      await this.#acknowledged({ accessToken }, '/api/appuser/setLocale', { locale: 'EN' });
    }
  }

  async #setStatus(status: 'active' | 'suspend'): Promise<void> {
    this.#doubtful = { status };
    const userId = userIdIn(this.#accessToken);
    await this.#acknowledged('portal', '/api/app/user', { appId: this.#world.appId, userId, status });
    this.#doubtful = undefined;
    this.#suspended = status === 'suspend';
    this.#ledger.suspensions++;
    if (!this.#suspended) await this.#requireLogIn();
  }

  #take(password: string, code?: string): void {
    this.#formerPassword = this.#password;
    this.#password = password;
    this.#ledger.passwords++;
    if (code) {
      this.#usedCodes.push({ code, signup: false });
      this.#ledger.codes++;
    }
  }

  async #verify(): Promise<void> {
    if (this.#suspended) {
      const code = await this.#logIn(this.#password);
      if (code !== SUSPENDED) this.#complain(`suspended, yet login answers ${code ?? 'tokens'}`);
      return;
    }
    await this.#requireLogIn();
    if (this.#formerPassword && (await this.#logIn(this.#formerPassword)) !== INVALID_CREDENTIALS) {
      this.#complain('the former password still opens the account');
    }
    for (const { code, signup } of this.#usedCodes.slice(-2)) await this.#requireUsed(code, signup);
  }

  async #requireUsed(code: string, signup: boolean): Promise<void> {
    const again = signup
      ? await this.#world.call('app', '/api/appuser/completeSignup', { handle: this.#handle, code })
      : await this.#world.call('app', '/api/appuser/resetPassword', {
          handle: this.#handle,
          password: newPassword(),
          code,
        });
    const expected = signup ? TAKEN : REFUSED;
    if (again.body?.code !== expected) this.#complain(`a used code answers ${again.text.slice(0, 80)}`);
  }

  async #requireLogIn(): Promise<void> {
    const code = await this.#logIn(this.#password);
    if (code !== undefined) this.#complain(`the acknowledged password answers ${code}`);
  }

  /** Logs in; answers the code of the refusal. */
  async #logIn(password: string): Promise<number | undefined> {
    const body = { handle: this.#handle, password };
    const answer = await this.#world.call('app', '/api/appuser/login', body);
    if (answer.status !== 200) return Number(answer.body?.code);
    this.#accessToken = answer.body['access-token'];
    return undefined;
  }

  async #acknowledged(caller: Caller, path: string, body: Record<string, unknown>): Promise<void> {
    const answer = await this.#world.call(caller, path, body);
    if (answer.text !== 'true') this.#complain(`${path}: ${answer.text}`);
  }

  #complain(what: string): never {
    throw new Error(`${this.#handle}: ${what}`);
  }
}

/** What clients send in place of a password: 32 hex digits. */
function newPassword(): string {
  return createHash('md5')
    .update(String(randomInt(2 ** 47)))
    .digest('hex');
}

function userIdIn(accessToken: string): string {
  const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return String(claims.userId);
}
