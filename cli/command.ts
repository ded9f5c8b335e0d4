import type { Context } from './context.ts';

/** A command of the command line: parsing, help and completion are made from it. */
export interface Command {
  /** The words after `cosync`: `user list`. */
  name: string;
  summary: string;
  /** One that works as it stands, without `cosync`. */
  example: string;
  /** As commander writes them: `<who>`, `[locale]`, `<handles...>`. */
  arguments?: readonly (readonly [form: string, help: string])[];
  options?: readonly (readonly [flags: string, help: string])[];
  /** Answers the exit code; without one it is 0. */
  run(context: Context, given: Given): Promise<number | undefined>;
}

/** What was typed after a command. */
export class Given {
  readonly words: readonly string[];
  readonly #options: Readonly<Record<string, unknown>>;
  constructor(words: readonly string[], options: Readonly<Record<string, unknown>>) {
    this.words = words;
    this.#options = options;
  }
  /** The argument in that place; one that commander demands is always there. */
  word(place: number): string {
    return this.words[place] ?? '';
  }
  /** Value of an option, by its long name in camel case. */
  text(option: string): string | undefined {
    const value = this.#options[option];
    return typeof value === 'string' ? value : undefined;
  }
  /** Values of an option that takes several. */
  list(option: string): string[] {
    const value = this.#options[option];
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  }
  flag(option: string): boolean {
    return this.#options[option] === true;
  }
}

/** Options of every list. */
export const LIST_OPTIONS = [
  ['--all', 'every row instead of the first 100'],
  ['--after <cursor>', 'go on behind this cursor, the `next` of a page'],
] as const;
