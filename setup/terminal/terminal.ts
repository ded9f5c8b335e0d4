import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Where setup talks to the operator: questions, progress and the summary. With `--json` this is stderr. */
export interface Terminal {
  readonly stream: NodeJS.WriteStream;
  line(text?: string): void;
  /** A text in lines that fit, behind an indentation of so many columns. */
  wrap(text: string, indentation: number): string[];
  style(style: Style, text: string): string;
  /** Shows that something goes on once it takes longer than half a second. */
  progress<T>(what: string, work: Promise<T>): Promise<T>;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const PATIENCE_MS = 500;
/** Where nobody says how wide it is. */
const USUAL_COLUMNS = 80;

/** Colours and the spinner appear only on a terminal (and not with `NO_COLOR`). */
export function openTerminal(stream: NodeJS.WriteStream): Terminal {
  const colours = stream.isTTY && stream.hasColors?.() !== false;
  return {
    stream,
    line: (text = '') => stream.write(`${colours ? text : stripVTControlCharacters(text)}\n`),
    wrap: (text, indentation) =>
      text.split('\n').flatMap((line) => wrapped(line, (stream.columns || USUAL_COLUMNS) - indentation)),
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    async progress(what, work) {
      let frame = 0;
      let shown = false;
      const draw = () => {
        if (stream.isTTY) stream.write(`\r${FRAMES[frame++ % FRAMES.length]} ${what} …`);
        else if (!shown) stream.write(`${what} …\n`);
        shown = true;
      };
      let ticker: NodeJS.Timeout | undefined;
      const starter = setTimeout(() => {
        draw();
        ticker = setInterval(draw, 100);
      }, PATIENCE_MS);
      try {
        return await work;
      } finally {
        clearTimeout(starter);
        clearInterval(ticker);
        if (shown && stream.isTTY) stream.write('\r\u001b[K');
      }
    },
  };
}

/** Breaks at blanks; a word that is longer than a line stays whole. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
