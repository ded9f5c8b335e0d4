import type { Auth, Session } from '../../client/user/index.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { OutboxMessage, OutboxMessages } from './outbox-messages.ts';
import { readToken } from './published-keys.ts';
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
 * Rejects with an `AuthError`, or an `Error` whose message says what is missing.
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
    else throw new Error('the message with the link went out, and nobody here can open it');
    const outcome = await begun.waitUntilVerified();
    if (outcome.state === 'loggedIn') return outcome.session;
    throw new Error('the account wants more than a password to log in');
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

/** Says what the token of who is logged in holds, and whether the published keys vouch for it. */
export async function showToken({ auth, url, terminal }: Trial): Promise<void> {
  const token = await auth.token();
  if (token === undefined) throw new Error('nobody is logged in');
  const { header, claims, jwksUrl, verified } = await readToken(token, url);
  const { line, style } = terminal;
  if (!verified) throw new Error(`the token is not signed by a key of ${jwksUrl}`);
  line(`${style('bold', 'The token')}, decoded; ${style('green', 'verified')} against the published keys:`);
  for (const part of [header, claims]) {
    for (const text of JSON.stringify(part, undefined, 2).split('\n')) line(`  ${text}`);
  }
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

async function askedCode(
  { ask, terminal }: Trial,
  finish: (code: string) => Promise<Session>,
): Promise<Session> {
  if (!ask) throw new Error('the message with the code went out, and nobody here can be asked for it');
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
