import { fitted, plain, widthOf } from './plain.ts';

export interface Bar {
  label: string;
  count: number;
}

const WIDTH = 80;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Bars beside their labels and counts, the longest as wide as the terminal leaves room. */
export function barLines(bars: readonly Bar[], terminalWidth = WIDTH): string[] {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const labels = Math.max(0, ...bars.map(({ label }) => widthOf(plain(label))));
  const counts = Math.max(...bars.map(({ count }) => textOf(count).length), 1);
  const room = Math.max(4, terminalWidth - labels - counts - 4);
  return bars.map(({ label, count }) => {
    const eighths = Math.round((count / most) * room * 8);
    const bar = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
    return `${fitted(plain(label), labels)}  ${textOf(count).padStart(counts)}  ${bar}`.trimEnd();
  });
}

function textOf(count: number): string {
  return count.toLocaleString('en');
}
