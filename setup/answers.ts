import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, type Environment, readSettings, type SettingTexts } from '../server/config.ts';
import type { SignupFlow } from '../server/model/app.ts';
import { isSettingName, SETTINGS, type SettingName } from '../server/settings.ts';
import { EXIT, SetupError } from './exit.ts';
import type { Options } from './options.ts';

/** The first app to be made, if any. */
export interface AppAnswer {
  name: string;
  signupFlow: SignupFlow;
}

/** Everything setup was told before it asks anything. */
export interface Answers {
  dataDir: string;
  /** Settings in force: answers file over environment over `host.env`; paths absolute. */
  texts: SettingTexts;
  /** `<NAME>_FILE` settings of this run, to be kept as such instead of copying the secret. */
  secretFiles: Readonly<Record<string, string>>;
  app: AppAnswer | undefined;
  /** The environment of this run with the answers laid over it. */
  env: Environment;
}

const FLOWS: readonly SignupFlow[] = ['code', 'link', 'none'];

/**
 * Gathers options, answers file, environment and an earlier `host.env`. Throws `SetupError` 78 for an answers file that cannot be used and
 * `ConfigError` for unknown names.
 */
export function gatherAnswers(options: Options, environment: Environment): Answers {
  const given = options.answers === undefined ? {} : readAnswersFile(options.answers);
  const env = overlay(environment, given);
  if (options['data-dir'] !== undefined) env.DATA_DIR = resolve(options['data-dir']);
  const { texts, problems } = readSettings(env);
  if (problems.length > 0) throw new ConfigError(problems);
  const secretFiles: Record<string, string> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const file = SETTINGS[name].secret ? env[`${name}_FILE`] : undefined;
    if (file) secretFiles[`${name}_FILE`] = resolve(file);
  }
  return {
    dataDir: texts.DATA_DIR ?? resolve('./data'),
    texts,
    secretFiles,
    app: appAnswer(options, given),
    env,
  };
}

function readAnswersFile(file: string): Record<string, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'it is not JSON';
    throw new SetupError(EXIT.configuration, `Cannot use the answers file ${file}: ${reason}.`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SetupError(
      EXIT.configuration,
      `The answers file ${file} must hold one JSON object, such as {"PORT": 3000}.`,
    );
  }
  const answers: Record<string, string> = {};
  const problems: string[] = [];
  for (const [name, value] of Object.entries(parsed)) {
    if (!isAnswerName(name)) problems.push(`${name} is no setting`);
    else if (!['string', 'number', 'boolean'].includes(typeof value))
      problems.push(`${name} must be a text, number or boolean`);
    else answers[name] = String(value);
  }
  if (problems.length > 0) {
    throw new SetupError(
      EXIT.configuration,
      `The answers file ${file}:\n${problems.map((text) => `  ${text}`).join('\n')}`,
    );
  }
  return answers;
}

function isAnswerName(name: string): boolean {
  if (name === 'APP_NAME' || name === 'APP_SIGNUP_FLOW' || isSettingName(name)) return true;
  const base = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : '';
  return isSettingName(base) && SETTINGS[base].secret;
}

/** An answer also takes the place of the same secret given the other way (`NAME` or `NAME_FILE`). */
function overlay(
  environment: Environment,
  answers: Record<string, string>,
): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = { ...environment };
  for (const [name, value] of Object.entries(answers)) {
    delete env[name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : `${name}_FILE`];
    env[name] = value;
  }
  return env;
}

function appAnswer(options: Options, answers: Record<string, string>): AppAnswer | undefined {
  const name = (options.app ?? answers.APP_NAME ?? '').trim();
  if (name === '') return undefined;
  const flow = answers.APP_SIGNUP_FLOW ?? 'code';
  const signupFlow = FLOWS.find((known) => known === flow);
  if (!signupFlow)
    throw new SetupError(EXIT.configuration, `APP_SIGNUP_FLOW is none of: ${FLOWS.join(', ')}.`);
  return { name, signupFlow };
}
