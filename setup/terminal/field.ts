import { emitKeypressEvents, type Key } from 'node:readline';
import { EXIT, SetupError } from '../exit.ts';
import type { Terminal } from './terminal.ts';

export interface Field {
  message: string;
  /** Taken when nothing is typed; shown unless the field is hidden. Tab puts it in for editing. */
  initial?: string | undefined;
  /** Every character is shown as a star. */
  isHidden?: boolean | undefined;
  /** What is wrong with a text, in a few words; true for a good one. */
  validate?: ((text: string) => true | string) | undefined;
}

const USUAL_COLUMNS = 80;
/** A line of the question's own is used where fewer are left behind it. */
const LEAST_ROOM = 24;
const LEAD = '› ';

/**
 * Asks for a text on one line that scrolls sideways, so that no terminal is too narrow, with the keys of a
 * shell. A refused text is cleared, its fault said in a line. Ctrl-C throws `SetupError` 130.
 */
export function askField(terminal: Terminal, field: Field): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const input = process.stdin;
  const line = new EditedLine(terminal, field);
  const end = () => {
    input.off('keypress', onKey);
    input.setRawMode?.(false);
    input.pause();
    terminal.stream.write('\n');
  };
  const onKey = (text: string | undefined, key: Key) => {
    if (key.ctrl && key.name === 'c') {
      end();
      reject(new SetupError(EXIT.cancelled, 'Cancelled: nothing was written.'));
    } else if (key.name === 'return' || key.name === 'enter') {
      const answer = line.text === '' ? (field.initial ?? '') : line.text;
      const verdict = field.validate?.(answer) ?? true;
      if (verdict === true) {
        end();
        resolve(answer);
      } else line.refuse(verdict);
    } else line.press(text, key);
  };
  emitKeypressEvents(input);
  input.on('keypress', onKey);
  input.setRawMode?.(true);
  input.resume();
  line.begin();
  return promise;
}

class EditedLine {
  readonly #terminal: Terminal;
  readonly #field: Field;
  #characters: string[] = [];
  #cursor = 0;
  /** Of the characters, the first that is drawn. */
  #start = 0;
  #head: string[] = [];
  #prefix = '';

  constructor(terminal: Terminal, field: Field) {
    this.#terminal = terminal;
    this.#field = field;
  }

  get text(): string {
    return this.#characters.join('');
  }

  begin(): void {
    const [first = '', ...rest] = this.#terminal.wrap(`? ${this.#field.message}`, 0);
    this.#head = [first, ...rest];
    const last = this.#head.at(-1) ?? '';
    const fits = this.#columns - last.length - LEAD.length > LEAST_ROOM;
    this.#prefix = fits ? `${last} ${LEAD}` : LEAD;
    for (const text of fits ? this.#head.slice(0, -1) : this.#head) {
      this.#terminal.line(this.#terminal.style('bold', text));
    }
    this.#draw();
  }

  /** Says why, and begins anew. */
  refuse(fault: string): void {
    const { style, wrap, line } = this.#terminal;
    line();
    for (const [index, text] of wrap(fault, 4).entries()) {
      line(`  ${index === 0 ? style('red', '✗') : ' '} ${text}`);
    }
    this.#set([], 0);
    this.#draw();
  }

  press(text: string | undefined, key: Key): void {
    const edit = key.ctrl ? CTRL_KEYS[key.name ?? ''] : KEYS[key.name ?? ''];
    if (edit) this.#set(...edit(this.#characters, this.#cursor));
    else if (key.name === 'tab') {
      const initial = this.#field.isHidden ? '' : (this.#field.initial ?? '');
      if (this.#characters.length === 0) this.#set([...initial], [...initial].length);
    } else if (text && !key.ctrl && !key.meta && !/\p{Cc}/u.test(text)) {
      const typed = [...text];
      const behind = this.#characters.slice(this.#cursor);
      const before = this.#characters.slice(0, this.#cursor);
      this.#set([...before, ...typed, ...behind], this.#cursor + typed.length);
    }
    this.#draw();
  }

  get #columns(): number {
    return this.#terminal.stream.columns || USUAL_COLUMNS;
  }

  #set(characters: string[], cursor: number): void {
    this.#characters = characters;
    this.#cursor = Math.min(Math.max(0, cursor), characters.length);
  }

  #draw(): void {
    const { style, stream } = this.#terminal;
    const { isHidden, initial = '' } = this.#field;
    const room = Math.max(1, this.#columns - this.#prefix.length - 1);
    if (this.#cursor < this.#start) this.#start = this.#cursor;
    if (this.#cursor > this.#start + room) this.#start = this.#cursor - room;
    if (this.#characters.length <= room) this.#start = 0;
    const shown = this.#characters.slice(this.#start, this.#start + room);
    const drawn = isHidden ? '*'.repeat(shown.length) : shown.join('');
    const isEmpty = this.#characters.length === 0 && !isHidden;
    const content = isEmpty ? style('dim', initial.slice(0, room)) : drawn;
    const at = this.#prefix.length + this.#cursor - this.#start;
    stream.write(`\r\u001b[K${style('bold', this.#prefix)}${content}\r\u001b[${at}C`);
  }
}

type Edit = (characters: string[], cursor: number) => [characters: string[], cursor: number];

const toStart: Edit = (text) => [text, 0];
const toEnd: Edit = (text) => [text, text.length];
const left: Edit = (text, at) => [text, at - 1];
const right: Edit = (text, at) => [text, at + 1];
const erase: Edit = (text, at) => (at === 0 ? [text, 0] : [text.toSpliced(at - 1, 1), at - 1]);
const eraseAhead: Edit = (text, at) => [text.toSpliced(at, 1), at];
const eraseToStart: Edit = (text, at) => [text.slice(at), 0];
const eraseToEnd: Edit = (text, at) => [text.slice(0, at), at];
const eraseWord: Edit = (text, at) => {
  let start = at;
  while (start > 0 && text[start - 1] === ' ') start--;
  while (start > 0 && text[start - 1] !== ' ') start--;
  return [[...text.slice(0, start), ...text.slice(at)], start];
};

const KEYS: Readonly<Record<string, Edit>> = {
  home: toStart,
  end: toEnd,
  left,
  right,
  backspace: erase,
  delete: eraseAhead,
};
const CTRL_KEYS: Readonly<Record<string, Edit>> = {
  a: toStart,
  e: toEnd,
  b: left,
  f: right,
  h: erase,
  d: eraseAhead,
  u: eraseToStart,
  k: eraseToEnd,
  w: eraseWord,
};
