import prompts, { type PromptObject } from 'prompts';
import { weaknessOf } from '../../server/config/weak-secret.ts';
import { EXIT, SetupError } from '../exit.ts';
import { BACKUP_PASS_MIN_LENGTH } from './backup-pass.ts';
import { askField } from './field.ts';
import type { Terminal } from './terminal.ts';

/** A text or password, drawn by this project; or whatever else `prompts` asks for. */
export type Question = Omit<PromptObject<'answer'>, 'name' | 'validate'> & {
  validate?: (text: string) => true | string;
};

/** Asks one question. Ctrl-C throws `SetupError` 130. The only use of `prompts`. */
export async function ask(terminal: Terminal, question: Question): Promise<unknown> {
  const { type, message, initial, validate } = question;
  if (type === 'text' || type === 'password') {
    const isHidden = type === 'password';
    return askField(terminal, {
      message: String(message),
      initial: String(initial ?? ''),
      isHidden,
      validate,
    });
  }
  let cancelled = false;
  const { answer } = await prompts(
    {
      hint: '↑ ↓, Enter',
      ...question,
      name: 'answer',
      stdout: terminal.stream,
    } as PromptObject<'answer'>,
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
    return weakness === undefined || `that ${weakness}`;
  };
  for (;;) {
    const first = await ask(terminal, {
      type: 'password',
      message: `${what} (empty for a random one)`,
      validate,
    });
    if (first === '') return undefined;
    if (await isRepeated(terminal, first as string)) return first as string;
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
    text === '' || faultOf(text) === undefined || 'at least 12 characters that are hard to guess';
  for (;;) {
    const message = 'Password (empty: a link sets it)';
    const first = await ask(terminal, { type: 'password', message, validate });
    if (first === '') return undefined;
    if (await isRepeated(terminal, first as string)) return first as string;
  }
}

/**
 * Asks for the pass phrase of a backup, never echoed; `isNew`: twice, for a slip would lock the backup for
 * good.
 */
export async function askBackupPass(
  terminal: Terminal,
  message: string,
  { isNew }: { isNew: boolean },
): Promise<string> {
  const validate = (text: string) =>
    text.length >= BACKUP_PASS_MIN_LENGTH || `at least ${BACKUP_PASS_MIN_LENGTH} characters`;
  for (;;) {
    const first = (await ask(terminal, { type: 'password', message, validate })) as string;
    if (!isNew || (await isRepeated(terminal, first))) return first;
  }
}

async function isRepeated(terminal: Terminal, first: string): Promise<boolean> {
  const same = first === (await ask(terminal, { type: 'password', message: 'Once more' }));
  if (!same) terminal.line(`  ${terminal.style('yellow', '!')} The two were not the same.`);
  return same;
}
