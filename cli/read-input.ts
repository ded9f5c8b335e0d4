import { readFileSync } from 'node:fs';
import { ask } from '../setup/terminal/ask.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';

/** A secret: typed unseen where somebody can be asked, else the first line of standard input. */
export async function readSecret(context: Context, message: string): Promise<string> {
  if (context.canAsk) return String(await ask(context.terminal, { type: 'password', message }));
  const [line = ''] = (await readStandardInput()).split(/\r?\n/);
  if (line === '')
    throw new CliError(EXIT.usage, `${message}: nobody can be asked, and standard input is empty.`);
  return line;
}

/** All of standard input as text; empty when it is a terminal. */
export async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY) return '';
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) text += chunk;
  return text;
}

/** A file as text, `-` for standard input. Throws `CliError` 66. */
export async function readText(file: string): Promise<string> {
  return file === '-' ? readStandardInput() : readBytes(file).toString('utf8');
}

/** A file. Throws `CliError` 66. */
function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code;
    throw new CliError(EXIT.fileMissing, `${file} cannot be read (${why}).`);
  }
}
