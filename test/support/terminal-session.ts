import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { within } from '../../server/tools/deadline.ts';

const ROWS = 50;
/** Nothing is printed for so long only when nothing will be. */
const PATIENCE_MS = 30_000;

/** Why no pseudo-terminal can be had here, or undefined. */
export function terminalObstacle(): string | undefined {
  return spawnSync('script', ['--version']).error
    ? 'script is not installed (Debian package bsdutils)'
    : undefined;
}

export const KEYS = {
  enter: '\r',
  ctrlC: '\u0003',
  down: '\u001b[B',
  up: '\u001b[A',
  left: '\u001b[D',
  backspace: '\u007f',
  home: '\u001b[H',
  end: '\u001b[F',
  ctrlU: '\u0015',
  ctrlW: '\u0017',
} as const;

/** A command in a real pseudo-terminal (by util-linux `script`), read and typed into as a person would. */
export class TerminalSession {
  /** Everything printed so far, without control sequences. */
  output = '';
  raw = '';
  readonly columns: number;
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  #seen = 0;
  #waiting: (() => void)[] = [];

  constructor(
    command: string,
    options: { cwd: string; env: Record<string, string | undefined>; columns?: number },
  ) {
    const { cwd, env, columns = 100 } = options;
    this.columns = columns;
    const sized = `stty cols ${columns} rows ${ROWS}; ${command}`;
    this.#child = spawn('script', ['--quiet', '--flush', '--return', '--command', sized, '/dev/null'], {
      cwd,
      env: { ...env, TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.raw += text;
      this.output = stripVTControlCharacters(this.raw);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code) => {
        resolve(code);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    });
  }

  /**
   * Waits until `text` is printed after what was expected before. Rejects with the whole output when the
   * command ends first.
   */
  async expect(text: string): Promise<void> {
    for (;;) {
      const at = this.output.indexOf(text, this.#seen);
      if (at >= 0) {
        this.#seen = at + text.length;
        return;
      }
      if (this.#child.exitCode !== null) throw new Error(`ended without "${text}":\n${this.output}`);
      const news = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await within(PATIENCE_MS, news, () => new Error(`waits in vain for "${text}":\n${this.output}`));
    }
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Answers a question by typing; without text its default is taken. */
  async answer(question: string, text = ''): Promise<void> {
    await this.expect(question);
    this.type(`${text}${KEYS.enter}`);
  }

  kill(): void {
    if (this.#child.pid && this.#child.exitCode === null) process.kill(-this.#child.pid, 'SIGKILL');
  }
}
