import prompts, { type PromptObject } from 'prompts';
import { weaknessOf } from '../../server/config/weak-secret.ts';
import { EXIT, SetupError } from '../exit.ts';
import { BACKUP_PASS_MIN_LENGTH } from './backup-pass.ts';
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

/** Asks for a new secret twice, never echoed; `undefined` when the operator wants a random one. */
export async function askNewSecret(terminal: Terminal, what: string): Promise<string | undefined> {
  const validate = (text: string) => {
    const weakness = text === '' ? undefined : weaknessOf(text);
    return weakness === undefined || `that ${weakness}; empty for a random one`;
  };
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

/** Asks for a text that may be left out; trimmed. */
export async function askOptional(
  terminal: Terminal,
  message: string,
  initial: string,
  isGood: (text: string) => true | string,
): Promise<string> {
  const validate = (text: string) => text.trim() === '' || isGood(text.trim());
  return ((await ask(terminal, { type: 'text', message, initial, validate })) as string).trim();
}

/** Asks for a password of a person twice, never echoed; `undefined` when a link is wanted instead. */
export async function askNewPassword(
  terminal: Terminal,
  faultOf: (text: string) => string | undefined,
): Promise<string | undefined> {
  const validate = (text: string) =>
    text === '' ||
    faultOf(text) === undefined ||
    `at least 12 characters that are hard to guess (${faultOf(text)})`;
  for (;;) {
    const message = 'Password (empty: a link sets it)';
    const first = await ask(terminal, { type: 'password', message, validate });
    if (first === '') return undefined;
    if (first === (await ask(terminal, { type: 'password', message: 'Once more' }))) return first as string;
    terminal.line(`  ${terminal.style('yellow', '!')} The two were not the same.`);
  }
}

/** Asks for the pass phrase of a backup once, never echoed. */
export async function askBackupPass(terminal: Terminal, message: string): Promise<string> {
  const validate = (text: string) =>
    text.length >= BACKUP_PASS_MIN_LENGTH || `at least ${BACKUP_PASS_MIN_LENGTH} characters`;
  return (await ask(terminal, { type: 'password', message, validate })) as string;
}
