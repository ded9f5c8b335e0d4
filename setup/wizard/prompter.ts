import { type CheckResult, failed } from '../../server/checks/finding.ts';
import { SETTINGS, type SettingName } from '../../server/config/settings.ts';
import { draftConfig } from '../installation/draft.ts';
import { ask } from '../terminal/ask.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What a question is for, and what to answer when unsure: one grey line above it. */
type Note = string | undefined;

/** Where a question leads: to the next one, to the one before, or to itself. */
export type Way = 'on' | 'back' | 'anew';

/** What comes of a failed check besides trying again. */
type WayOut = 'again' | 'change' | 'back' | 'skip' | 'instead';

export interface CheckedQuestion {
  what: string;
  check: () => Promise<CheckResult>;
  /** Asks; without it a change begins with the whole question. */
  question?: (() => Promise<void>) | undefined;
  /** Another answer, and what it is called. */
  instead?: { title: string; take: () => void } | undefined;
  /** There is an answer already: it is checked before anything is asked. */
  isAnswered?: boolean | undefined;
}

/** Asks for one setting at a time, judged as the host will judge it. Ctrl-C throws `SetupError` 130. */
export class Prompter {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  note(text: Note): void {
    if (text === undefined) return;
    for (const line of this.#terminal.wrap(text, 2)) {
      this.#terminal.line(`  ${this.#terminal.style('dim', line)}`);
    }
  }

  async text(name: SettingName, message: string, initial: string, note: Note): Promise<string> {
    this.note(note);
    const question = { type: 'text', message, initial, validate: validator(name) } as const;
    return ((await ask(this.#terminal, question)) as string).trim();
  }

  /** Never echoed; empty keeps what is known. */
  async secret(name: SettingName, message: string, known: string | undefined, note: Note): Promise<string> {
    this.note(note);
    const validate = (text: string) => (text === '' && known !== undefined) || validator(name)(text);
    const hint = known === undefined ? '' : ' (empty: as before)';
    const question = { type: 'password', message: `${message}${hint}`, validate } as const;
    const answer = (await ask(this.#terminal, question)) as string;
    return answer === '' && known !== undefined ? known : answer.trim();
  }

  async select<const T extends string>(
    message: string,
    current: string,
    choices: { title: string; value: T; description?: string }[],
    note?: Note,
  ): Promise<T> {
    this.note(note);
    const initial = Math.max(
      0,
      choices.findIndex(({ value }) => value === current),
    );
    return (await ask(this.#terminal, { type: 'select', message, choices, initial })) as T;
  }

  /**
   * Asks (if there is something to ask) and checks. After a failed check the operator decides; no answer is
   * lost by it, and nothing repeats itself. `result` says what was found, or that it was left out.
   */
  async checked(asked: CheckedQuestion): Promise<{ way: Way; result?: CheckResult }> {
    const { what, check, question, instead, isAnswered } = asked;
    if (!isAnswered) await question?.();
    for (;;) {
      const result = await this.#terminal.progress(what, check());
      if (result.ok) {
        this.#said('green', '✓', result.detail);
        return { way: 'on', result };
      }
      this.#said('red', '✗', result.detail);
      const way = await this.#wayOut(asked);
      if (way === 'back') return { way };
      if (way === 'skip') return { way: 'on', result: failed(result.name, 'not checked: left out') };
      if (way === 'instead') instead?.take();
      if (way === 'change' && !question) return { way: 'anew' };
      if (way === 'change') await question?.();
    }
  }

  #wayOut({ instead }: CheckedQuestion): Promise<WayOut> {
    const choices: { title: string; value: WayOut }[] = [
      { title: 'Try again', value: 'again' },
      { title: 'Change the answer', value: 'change' },
    ];
    if (instead) choices.push({ title: instead.title, value: 'instead' });
    choices.push({ title: 'One question back', value: 'back' }, { title: 'Skip the check', value: 'skip' });
    return this.select('What now?', 'change', choices);
  }

  async offerTest(message: string, send: (to: string) => Promise<CheckResult>): Promise<void> {
    for (;;) {
      const to = ((await ask(this.#terminal, { type: 'text', message })) as string).trim();
      if (to === '') return;
      const result = await this.#terminal.progress('Sending', send(to));
      this.#said(result.ok ? 'green' : 'red', result.ok ? '✓' : '✗', result.detail);
      if (result.ok) return;
    }
  }

  warn(text: string): void {
    this.#said('yellow', '!', text);
  }

  #said(colour: 'green' | 'red' | 'yellow', mark: string, text: string): void {
    const { wrap, line, style } = this.#terminal;
    for (const [index, row] of wrap(text, 4).entries()) {
      line(`  ${index === 0 ? style(colour, mark) : ' '} ${row}`);
    }
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
