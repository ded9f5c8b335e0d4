import type { CheckResult } from '../../server/checks/finding.ts';
import { SETTINGS, type SettingName } from '../../server/config/settings.ts';
import { EXIT, SetupError } from '../exit.ts';
import { draftConfig } from '../installation/draft.ts';
import { ask } from '../terminal/ask.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Asks for one setting at a time, judged as the host will judge it. Ctrl-C throws `SetupError` 130. */
export class Prompter {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async text(name: SettingName, message: string, initial: string): Promise<string> {
    return (
      (await ask(this.#terminal, { type: 'text', message, initial, validate: validator(name) })) as string
    ).trim();
  }

  /** Never echoed; empty keeps what is known. */
  async secret(name: SettingName, message: string, known: string | undefined): Promise<string> {
    const validate = (text: string) => (text === '' && known !== undefined) || validator(name)(text);
    const hint = known === undefined ? '' : ' (empty: as before)';
    const answer = (await ask(this.#terminal, {
      type: 'password',
      message: `${message}${hint}`,
      validate,
    })) as string;
    return answer === '' && known !== undefined ? known : answer.trim();
  }

  async select<const T extends string>(
    message: string,
    current: string,
    choices: { title: string; value: T; description?: string }[],
  ): Promise<T> {
    const initial = Math.max(
      0,
      choices.findIndex(({ value }) => value === current),
    );
    return (await ask(this.#terminal, { type: 'select', message, choices, initial })) as T;
  }

  /** Asks (if there is something to ask) and checks, again and again until the check passes. */
  async untilPassed(
    check: () => Promise<CheckResult>,
    what: string,
    question?: () => Promise<void>,
  ): Promise<void> {
    for (;;) {
      await question?.();
      const result = await this.#terminal.progress(what, check());
      if (result.ok) {
        this.#terminal.line(`  ${this.#terminal.style('green', '✓')} ${result.detail}`);
        return;
      }
      this.#terminal.line(`  ${this.#terminal.style('red', '✗')} ${result.detail}`);
      if (question === undefined)
        throw new SetupError(EXIT.configuration, `${result.name}: ${result.detail}`);
    }
  }

  async offerTest(message: string, send: (to: string) => Promise<CheckResult>): Promise<void> {
    for (;;) {
      const to = ((await ask(this.#terminal, { type: 'text', message, initial: '' })) as string).trim();
      if (to === '') return;
      const result = await this.#terminal.progress('Sending', send(to));
      const mark = result.ok ? this.#terminal.style('green', '✓') : this.#terminal.style('red', '✗');
      this.#terminal.line(`  ${mark} ${result.detail}`);
      if (result.ok) return;
    }
  }

  warn(text: string): void {
    this.#terminal.line(`  ${this.#terminal.style('yellow', '!')} ${text}`);
  }
}

function validator(name: SettingName): (text: string) => true | string {
  return (text) => {
    if (text.trim() === '') return 'please answer, or press Ctrl-C to leave';
    try {
      SETTINGS[name].parse(text.trim());
      if (name === 'DB_CONN_STRING') draftConfig({ DB_CONN_STRING: text.trim() });
      return true;
    } catch (error) {
      return (error as Error).message;
    }
  };
}
