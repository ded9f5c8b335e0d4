import { HostClientError, SETTING_CHOICES } from '../client/host/index.ts';
import { CliError } from './exit.ts';
import { explain } from './explain.ts';

/**
 * A refused change of settings says what the setting may be. The host decides: one of another version may
 * know further values.
 */
export async function namingChoices<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof HostClientError) || error.reason !== 'unknown_value') throw error;
    const choices = Object.entries(SETTING_CHOICES).find(([name]) => name === error.field)?.[1];
    if (!choices) throw error;
    const { exitCode, lines } = explain(error, undefined);
    throw new CliError(exitCode, lines.join(' '), `One of ${choices.join(', ')}.`);
  }
}
