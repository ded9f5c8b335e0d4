import type { Auth, Session } from '../../client/user/index.ts';
import { EXIT, SetupError } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { OutboxMessage, OutboxMessages } from './outbox-messages.ts';
import { type ReadToken, readToken } from './published-keys.ts';
import type { TestUser } from './test-user.ts';

/** An app whose users somebody plays, and how they get what is sent to them. */
export interface Trial {
  /** Where the host is reached from here. */
  url: string;
  auth: Auth;
  terminal: Terminal;
  /** Absent: messages go out to people. */
  outbox?: OutboxMessages | undefined;
  /** Absent: nobody can be asked. */
  ask?: ((what: string) => Promise<string>) | undefined;
}

const CODE_TRIES = 3;

/**
 * Signs a user up in whatever way the app has it, and says what went out. The session is the client's.
 * Rejects with an `AuthError`, or a `SetupError` where nobody can be asked.
 */
export async function signUp(trial: Trial, user: TestUser): Promise<Session> {
  const { auth, terminal, outbox } = trial;
  const begun = await auth.orThrow.signUp(user);
  terminal.line(`${terminal.style('bold', 'Signed up:')} ${user.handle}, password ${user.password}`);
  if (begun.state === 'loggedIn') return begun.session;
  const message = await outbox?.next(user.handle);
  if (message) showMessage(message, trial);
  if (begun.state === 'linkSent') {
    if (message?.link) await openLink(message.link, trial.url);
    else if (trial.ask) terminal.line('  Open the link in the message; this waits for it.');
    else throw nobodyToAsk('The message with the link went out, and nobody here can open it.');
    const outcome = await begun.waitUntilVerified();
    if (outcome.state === 'loggedIn') return outcome.session;
    throw new SetupError(
      EXIT.configuration,
      'The account has no password yet: a mail says how to choose one.',
    );
  }
  if (message?.code) return begun.finish(message.code);
  return askedCode(trial, (code) => begun.finish(code));
}

/** Logs a user in, second factor included. Rejects as `signUp` does. */
export async function logIn(trial: Trial, user: { handle: string; password: string }): Promise<Session> {
  const begun = await trial.auth.orThrow.logIn(user);
  if (begun.state === 'loggedIn') return begun.session;
  return askedCode(trial, (code) => begun.finish(code));
}

/** Gives somebody another password by the message that goes out. Rejects as `signUp` does. */
export async function resetPassword(
  trial: Trial,
  { handle, password }: { handle: string; password: string },
): Promise<void> {
  const begun = await trial.auth.orThrow.forgotPassword({ handle });
  const message = await trial.outbox?.next(handle);
  if (message) showMessage(message, trial);
  if (message?.code) await begun.finish(message.code, password);
  else await askedCode(trial, (code) => begun.finish(code, password));
  trial.terminal.line(`The new password: ${password}`);
}

/** The verified token of who is logged in. Rejects when the app's published keys do not vouch for it. */
export async function ownToken({ auth, url }: Trial): Promise<ReadToken & { token: string }> {
  const token = await auth.token();
  if (token === undefined) throw new SetupError(EXIT.configuration, 'Nobody is logged in.');
  const read = await readToken(token, url);
  if (!read.verified)
    throw new SetupError(EXIT.configuration, `The token is not signed by a key of ${read.jwksUrl}.`);
  return { token, ...read };
}

/** The same for people, in lines. */
export function tokenLines({ header, claims }: ReadToken, { style }: Pick<Terminal, 'style'>): string[] {
  const parts = [header, claims].flatMap((part) => JSON.stringify(part, undefined, 2).split('\n'));
  return [
    `${style('bold', 'The token')}, decoded; ${style('green', 'verified')} against the published keys:`,
    ...parts.map((line) => `  ${line}`),
  ];
}

function showMessage({ to, subject, text }: OutboxMessage, { outbox, terminal }: Trial): void {
  const { line, style } = terminal;
  line(`${style('bold', 'The message that went out')} (the last line of ${outbox?.file}):`);
  line(
    `  ${style('dim', 'to')} ${to}${subject === undefined ? '' : `  ${style('dim', 'subject')} ${subject}`}`,
  );
  for (const row of terminal.wrap(text.trim(), 2)) line(`  ${style('dim', row)}`);
}

/** As the button of the page does; the page itself says what an `immediate` app has done already. */
async function openLink(link: string, url: string): Promise<void> {
  const { pathname, search } = new URL(link);
  const place = `${url}${pathname}${search}`;
  const shown = await fetch(place);
  await shown.body?.cancel();
  const pressed = await fetch(place, { method: 'POST', body: new URLSearchParams(search) });
  await pressed.body?.cancel();
}

async function askedCode<T>({ ask, terminal }: Trial, finish: (code: string) => Promise<T>): Promise<T> {
  if (!ask) throw nobodyToAsk('The message with the code went out, and nobody here can be asked for it.');
  for (let tries = 1; ; tries++) {
    try {
      return await finish((await ask('Code')).trim());
    } catch (error) {
      const isWrong = error instanceof Error && 'code' in error && error.code === 'wrong_code';
      if (!isWrong || tries === CODE_TRIES) throw error;
      terminal.line(`  ${terminal.style('yellow', '!')} That code is wrong.`);
    }
  }
}

function nobodyToAsk(message: string): SetupError {
  return new SetupError(EXIT.wrongOption, message);
}
