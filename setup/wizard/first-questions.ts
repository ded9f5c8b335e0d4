import { operatorEmail } from '../../server/domain/operators/account.ts';
import { passwordFault } from '../../server/domain/operators/operator-password.ts';
import { isLoopback } from '../../server/model/config.ts';
import { ask, askNewPassword, askOptional } from '../terminal/ask.ts';
import type { AppAnswer, OperatorAnswer } from './answers.ts';
import type { Table } from './table.ts';

const DEFAULT_NAME = 'demo';
const NONE = '-';

/** The first app, or another one where there are some; undefined: none. */
export async function firstApp(table: Table): Promise<AppAnswer | undefined> {
  const { terminal, prompter, start } = table;
  const there = await terminal.progress('Looking for apps', table.checks.apps(table.config()));
  const name = there.length > 0 ? await anotherName(table, there) : await firstName(table);
  if (name === '' || name === NONE) return undefined;
  const signupFlow = await prompter.select(
    'Its users sign up',
    start.app?.signupFlow ?? 'code',
    [
      { title: 'with a mailed code', value: 'code' },
      { title: 'with a mailed link', value: 'link' },
      { title: 'directly', value: 'none', description: 'nothing is verified' },
    ],
    'Can be changed later. Unsure: with a mailed code.',
  );
  return { name, signupFlow };
}

async function firstName({ terminal, prompter, start }: Table): Promise<string> {
  prompter.note(`What your users sign up to. Unsure: ${DEFAULT_NAME}.`);
  const message = `Name of the first app (${NONE}: none)`;
  const initial = start.app?.name ?? DEFAULT_NAME;
  return ((await ask(terminal, { type: 'text', message, initial })) as string).trim();
}

function anotherName({ terminal, prompter, start }: Table, there: readonly string[]): Promise<string> {
  prompter.note(`${there.length === 1 ? 'There is the app' : 'There are the apps'} ${there.join(', ')}.`);
  const wanted = start.app?.name ?? '';
  const initial = there.includes(wanted) ? '' : wanted;
  return askOptional(terminal, 'Name of another app (empty: none)', initial, (text) =>
    there.includes(text) ? 'there is one of that name' : true,
  );
}

/** Somebody who may enter the portal; undefined: nobody new. */
export async function firstOperator(table: Table): Promise<OperatorAnswer | undefined> {
  const { terminal, prompter, start } = table;
  if (table.config().portal === 'off') return undefined;
  prompter.note('Signs in to the web console. Unsure: your own address.');
  const email = await askOptional(
    terminal,
    'E-mail of an operator of the portal (empty: none)',
    start.operator?.email ?? '',
    (text) => operatorEmail(text) !== undefined || 'that is no e-mail address',
  );
  if (email === '') return undefined;
  const password = await askNewPassword(terminal, (text) => passwordFault(text, operatorEmail(email) ?? ''));
  return { email, password };
}

/** Offered where the host is for this machine alone: a page that does all a user can do. */
export async function sample({ texts, prompter, config }: Table): Promise<void> {
  if (!isLoopback(new URL(config().apiUrl).hostname)) return;
  texts.SAMPLE = await prompter.select(
    'Sample page at /sample',
    texts.SAMPLE ?? 'off',
    [
      { title: 'No', value: 'off' },
      { title: 'Yes', value: 'on', description: 'to try and to copy from' },
    ],
    'Does all a user of an app can do. Unsure: no.',
  );
}
