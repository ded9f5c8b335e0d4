import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Where setup talks to the operator: questions, progress and the summary. With `--json` this is stderr. */
export interface Terminal {
  readonly stream: NodeJS.WriteStream;
  line(text?: string): void;
  style(style: Style, text: string): string;
  /** Shows that something goes on once it takes longer than half a second. */
  progress<T>(what: string, work: Promise<T>): Promise<T>;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const PATIENCE_MS = 500;

/** Colours and the spinner appear only on a terminal (and not with `NO_COLOR`). */
export function openTerminal(stream: NodeJS.WriteStream): Terminal {
  const colours = stream.isTTY && stream.hasColors?.() !== false;
  return {
    stream,
    line: (text = '') => stream.write(`${colours ? text : stripVTControlCharacters(text)}\n`),
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
