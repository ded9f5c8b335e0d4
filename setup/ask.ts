import prompts, { type PromptObject } from 'prompts';
import { EXIT, SetupError } from './exit.ts';
import { MIN_SECRET_LENGTH } from './new-secret.ts';
import type { Terminal } from './terminal.ts';

export type Question = Omit<PromptObject<'answer'>, 'name'>;

/** Asks one question. Ctrl-C throws `SetupError` 130. The only use of `prompts`. */
export async function ask(terminal: Terminal, question: Question): Promise<unknown> {
  let cancelled = false;
  const { answer } = await prompts(
    { ...question, name: 'answer', stdout: terminal.stream } as PromptObject<'answer'>,
    {
      onCancel: () => {
        cancelled = true;
      },
    },
  );
  if (cancelled) throw new SetupError(EXIT.cancelled, 'Cancelled: nothing was written.');
  return answer;
}

/** One yes-or-no question. */
export async function confirm(terminal: Terminal, message: string, initial: boolean): Promise<boolean> {
  return (await ask(terminal, { type: 'confirm', message, initial })) as boolean;
}

/** Asks for a new secret twice, never echoed; `undefined` when the operator wants a random one. At least 8 characters. */
export async function askNewSecret(terminal: Terminal, what: string): Promise<string | undefined> {
  const validate = (text: string) =>
    text === '' ||
    text.length >= MIN_SECRET_LENGTH ||
    `at least ${MIN_SECRET_LENGTH} characters, or empty for a random one`;
  for (;;) {
    const first = await ask(terminal, {
      type: 'password',
      message: `${what} (empty for a random one)`,
      validate,
    });
    if (first === '') return undefined;
    if (first === (await ask(terminal, { type: 'password', message: 'Once more' }))) return first as string;
    terminal.line(`  ${terminal.style('yellow', '!')} The two were not the same.`);
  }
}

/** Asks for a secret of at least 8 characters once, never echoed. */
export async function askSecret(terminal: Terminal, message: string): Promise<string> {
  const validate = (text: string) =>
    text.length >= MIN_SECRET_LENGTH || `at least ${MIN_SECRET_LENGTH} characters`;
  return (await ask(terminal, { type: 'password', message, validate })) as string;
}
