import { createAuth } from '../../client/user/index.ts';
import type { App } from '../../server/model/app.ts';
import type { Config } from '../../server/model/config.ts';
import { ownMailAccount } from '../../server/model/message.ts';
import { EXIT, SetupError } from '../exit.ts';
import type { RunningHost } from '../installation/launch.ts';
import { ask, confirm } from '../terminal/ask.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { OutboxMessages } from '../trying/outbox-messages.ts';
import { newTestUser, type TestUser } from '../trying/test-user.ts';
import { ownToken, signUp, type Trial, tokenLines } from '../trying/trial.ts';

interface Offer {
  running: RunningHost;
  config: Config;
  app: App;
  terminal: Terminal;
  canAsk: boolean;
  /** Asked for already. */
  isWanted: boolean | undefined;
}

/**
 * Waits for the host and signs a test user up, where that is wanted; what goes wrong is said and ends
 * nothing. Ctrl-C at a question ends the host.
 */
export async function tryOut(offer: Offer): Promise<void> {
  const { running, config, app, terminal, canAsk } = offer;
  const port = await running.listening;
  if (port === undefined) return;
  const url = `http://${localAddress(config.host)}:${port}`;
  try {
    const recipient = await wantedRecipient(offer);
    if (recipient === undefined) return;
    const auth = createAuth({ url, appToken: app.appToken });
    const outbox = isSentForReal(offer) ? undefined : new OutboxMessages(config.dataDir);
    const question = async (message: string) => String(await ask(terminal, { type: 'text', message }));
    const user = newTestUser(await auth.orThrow.app(), recipient || undefined);
    if (outbox) await inOnePiece(terminal, (whole) => play({ url, auth, terminal: whole, outbox }, user));
    else await play({ url, auth, terminal, ask: canAsk ? question : undefined }, user);
  } catch (error) {
    if (error instanceof SetupError && error.exitCode === EXIT.cancelled) running.stop();
    else terminal.line(`${terminal.style('red', '✗')} Trying it out ended: ${(error as Error).message}`);
  }
}

async function play(trial: Trial, user: TestUser): Promise<void> {
  trial.terminal.line();
  await signUp(trial, user);
  for (const line of tokenLines(await ownToken(trial), trial.terminal)) trial.terminal.line(line);
  trial.terminal.line();
}

/** The host writes its log to the same place: what belongs together is said at the end, at once. */
async function inOnePiece(terminal: Terminal, work: (whole: Terminal) => Promise<void>): Promise<void> {
  const lines: string[] = [];
  try {
    await work({ ...terminal, line: (text = '') => void lines.push(text) });
  } finally {
    terminal.line(lines.join('\n'));
  }
}

/** Empty: somebody made up. Undefined: nobody wants it, or nobody can be asked. */
async function wantedRecipient(offer: Offer): Promise<string | undefined> {
  const { app, terminal, canAsk, isWanted } = offer;
  if (!isSentForReal(offer)) {
    const isWelcome = isWanted || (await confirm(terminal, 'Sign a test user up and see the token?', true));
    return isWelcome ? '' : undefined;
  }
  const what = app.handleType === 'phone' ? 'SMS' : 'mail';
  if (!canAsk) {
    terminal.line(
      `Nobody was signed up, for a real ${what} would go out: npx cosync try signup asks to whom.`,
    );
    return undefined;
  }
  const message = `A real ${what} goes out to a test user. To whom? (empty: no)`;
  return String((await ask(terminal, { type: 'text', message })) ?? '').trim() || undefined;
}

function isSentForReal({ app, config }: Offer): boolean {
  if (app.handleType === 'phone') return app.twilio !== undefined || config.sms !== 'outbox';
  return ownMailAccount(app) !== undefined || config.mail !== 'outbox';
}

/** Where this machine reaches what listens there; all addresses include the loopback one. */
function localAddress(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
