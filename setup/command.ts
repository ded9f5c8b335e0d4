import { buildConfig, ConfigError, processEnvironment } from '../server/config.ts';
import type { Config } from '../server/model/config.ts';
import { type Answers, gatherAnswers } from './answers.ts';
import type { Options } from './options.ts';
import type { Terminal } from './terminal.ts';

/** A command of setup: reads what it needs from the options, answers the exit code. */
export type Command = (input: { options: Options; terminal: Terminal }) => Promise<number>;

/** The answers of a command that works on an existing installation. Throws `ConfigError`. */
export function existingAnswers(options: Options): Answers {
  const answers = gatherAnswers(options, processEnvironment());
  if (answers.problems.length > 0) throw new ConfigError(answers.problems);
  return answers;
}

/** The configuration the installed host would start with. Throws `ConfigError`. */
export function existingConfig(options: Options): Config {
  const { texts, env } = existingAnswers(options);
  return buildConfig(texts, { production: env.NODE_ENV === 'production' });
}
