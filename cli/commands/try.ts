import { resolve } from 'node:path';
import { createAuth } from '../../client/user/index.ts';
import { ask } from '../../setup/terminal/ask.ts';
import { OutboxMessages } from '../../setup/trying/outbox-messages.ts';
import { newTestUser } from '../../setup/trying/test-user.ts';
import { logIn, ownToken, resetPassword, signUp, type Trial, tokenLines } from '../../setup/trying/trial.ts';
import type { Command, Given } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { readSecret, readStandardInput } from '../read-input.ts';

const HANDLE = [['[handle]', 'e-mail or phone number of who is played']] as const;

export const tryCommands: readonly Command[] = [
  {
    name: 'try signup',
    summary: 'signs a user up: a made-up one, unless messages go out to people',
    example: 'try signup',
    arguments: HANDLE,
    async run(context, given) {
      const trial = await openTrial(context);
      const handle = trial.outbox ? given.words[0] : await handleOf(context, given);
      const user = newTestUser(await trial.auth.orThrow.app(), handle);
      await signUp(trial, user);
      return showToken(context, trial, { handle: user.handle, password: user.password });
    },
  },
  {
    name: 'try login',
    summary: 'logs a user in; on a pipe, handle and password are two lines',
    example: 'try login ada@example.com',
    arguments: HANDLE,
    async run(context, given) {
      const trial = await openTrial(context);
      const { handle, password } = await credentials(context, given);
      await logIn(trial, { handle, password });
      return showToken(context, trial, { handle });
    },
  },
  {
    name: 'try anonymous',
    summary: 'logs somebody in who gives no name',
    example: 'try anonymous',
    async run(context) {
      const trial = await openTrial(context);
      const { user } = await trial.auth.orThrow.logInAnonymously();
      return showToken(context, trial, { handle: user.handle });
    },
  },
  {
    name: 'try forgot',
    summary: 'resets the password of a user by the message that goes out, and logs in',
    example: 'try forgot ada@example.com',
    arguments: HANDLE,
    async run(context, given) {
      const trial = await openTrial(context);
      const handle = await handleOf(context, given);
      const { password } = newTestUser(await trial.auth.orThrow.app(), handle);
      await resetPassword(trial, { handle, password });
      await logIn(trial, { handle, password });
      return showToken(context, trial, { handle, password });
    },
  },
];

async function openTrial(context: Context): Promise<Trial> {
  const { url, origin } = await context.target();
  const host = await context.host();
  const { appId } = await context.app();
  const [app, { mail, sms }] = await Promise.all([host.apps.get({ appId }), host.host.facts()]);
  const isPhone = app.handle === 'phone';
  const isWritten = isPhone
    ? sms.kind === 'outbox' && !app.TWILIOAccountSid
    : mail.kind === 'outbox' && !app.emailExtension;
  return {
    url,
    terminal: context.terminal,
    auth: createAuth({ url, appToken: app.appToken }),
    // The file is here where the data folder is.
    outbox:
      isWritten && origin === 'folder'
        ? new OutboxMessages(resolve(context.env.DATA_DIR || './data'))
        : undefined,
    ask: context.canAsk
      ? async (message) => String(await ask(context.terminal, { type: 'text', message }))
      : undefined,
  };
}

async function handleOf(context: Context, given: Given): Promise<string> {
  const [named] = given.words;
  if (named !== undefined) return named;
  if (!context.canAsk)
    throw new CliError(EXIT.usage, 'Whom? Nobody can be asked.', 'Name the handle behind the command.');
  return String(await ask(context.terminal, { type: 'text', message: 'E-mail or phone number' })).trim();
}

async function credentials(context: Context, given: Given): Promise<{ handle: string; password: string }> {
  if (context.canAsk) {
    const handle = await handleOf(context, given);
    return { handle, password: await readSecret(context, 'Password') };
  }
  const lines = (await readStandardInput()).split(/\r?\n/);
  const handle = given.words[0] ?? lines.shift() ?? '';
  const password = lines.shift() ?? '';
  if (handle === '' || password === '')
    throw new CliError(EXIT.usage, 'Nobody can be asked, and standard input lacks handle or password.');
  return { handle, password };
}

async function showToken(context: Context, trial: Trial, user: object): Promise<number> {
  const read = await ownToken(trial);
  context.output.text(tokenLines(read, context.terminal).join('\n'), { ...user, ...read });
  return EXIT.done;
}
