import { settleListeningAddress } from '../server/config/listening-address.ts';
import { buildConfig, ConfigError, processEnvironment } from '../server/config/load.ts';
import type { Config } from '../server/model/config.ts';
import type { Options } from './options.ts';
import type { Terminal } from './terminal/terminal.ts';
import { type Answers, gatherAnswers } from './wizard/answers.ts';

/** A command of setup: reads what it needs from the options, answers the exit code. */
export type Command = (input: { options: Options; terminal: Terminal }) => Promise<number>;

/** The answers of a command that works on an existing installation. Throws `ConfigError`. */
export function existingAnswers(options: Options): Answers {
  const answers = gatherAnswers(options, processEnvironment());
  if (answers.problems.length > 0) throw new ConfigError(answers.problems);
  return answers;
}

/** What to say of a variable of the environment that is somebody else's. */
export function ignoredLine(name: string): string {
  return `The variable ${name} of the environment means something else and is ignored; a line in host.env would count.`;
}

/** The configuration the installed host would start with. Throws `ConfigError`. */
export function existingConfig(options: Options): Config {
  const { texts, env } = existingAnswers(options);
  return buildConfig(texts, { production: env.NODE_ENV === 'production' });
}

/**
 * The same for a command that looks at everything the host will do, listening included; says what it ignores.
 * Throws `ConfigError`.
 */
export async function installedConfig(options: Options, terminal: Terminal): Promise<Config> {
  const given = gatherAnswers(options, processEnvironment());
  await settleListeningAddress(given);
  for (const name of given.ignored) terminal.line(ignoredLine(name));
  const { texts, problems, env } = given;
  return buildConfig(texts, { production: env.NODE_ENV === 'production', problems });
}
