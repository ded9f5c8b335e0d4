import type { Effect } from '../client/host/index.ts';
import { ask, confirm } from '../setup/terminal/ask.ts';
import type { Given } from './command.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';

export const CONFIRM_OPTION = [
  '--confirm <name>',
  "the app's name, where nobody can be asked to type it",
] as const;

/**
 * Tells the effect and asks for a plain yes. Throws `CliError` 64 where nobody can be asked, 1 after a no.
 */
export function askYes(context: Context, effect: Effect): Promise<void> {
  return askYesTo(context, effect.text);
}

/** The same for an effect that concerns no app. */
export async function askYesTo(context: Context, effect: string): Promise<void> {
  context.terminal.line(effect);
  if (context.globals.yes) return;
  if (!context.canAsk) throw needsYes();
  if (!(await confirm(context.terminal, 'Do it?', false))) throw notDone();
}

/**
 * Tells the effect and asks to type the app's name. `--yes` is enough unless the action is `strict`, which
 * takes `--confirm NAME` instead. Throws `CliError` 64 for another name and where nobody can be asked.
 */
export async function askName(
  context: Context,
  effect: Effect,
  { name, given, strict = false }: { name: string; given: Given; strict?: boolean },
): Promise<void> {
  context.terminal.line(effect.text);
  const typed =
    given.text('confirm') ?? (context.globals.yes && !strict ? name : await asked(context, strict));
  if (typed !== name) throw new CliError(EXIT.usage, 'That is not the name of the app: nothing was done.');
}

async function asked(context: Context, strict: boolean): Promise<string> {
  if (context.canAsk) {
    const message = "Type the app's name to do it";
    return String(await ask(context.terminal, { type: 'text', message }));
  }
  if (!strict) throw needsYes();
  throw new CliError(
    EXIT.usage,
    'Nobody can be asked whether to do it.',
    "--confirm NAME, with the app's name.",
  );
}

function needsYes(): CliError {
  return new CliError(EXIT.usage, 'Nobody can be asked whether to do it.', '--yes says that it is meant.');
}

function notDone(): CliError {
  return new CliError(EXIT.refused, 'Nothing was done.');
}
