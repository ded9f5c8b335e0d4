import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ConfigProblem, type Environment, readSettings, type SettingTexts } from '../server/config.ts';
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
  /** What is wrong so far; to be told together with what the settings themselves have wrong. */
  problems: readonly ConfigProblem[];
  /** The environment of this run with the answers laid over it. */
  env: Environment;
}

const FLOWS: readonly SignupFlow[] = ['code', 'link', 'none'];

/**
 * Gathers options, answers file, environment and an earlier `host.env`. Throws `SetupError` 78 for an answers file that cannot be read.
 */
export function gatherAnswers(options: Options, environment: Environment): Answers {
  const given = options.answers === undefined ? {} : readAnswersFile(options.answers);
  const wrong = Object.keys(given).flatMap((name) => problemOf(name, given[name]));
  const answers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
  const env = overlay(environment, answers);
  if (options['data-dir'] !== undefined) env.DATA_DIR = resolve(options['data-dir']);
  const { texts, problems } = readSettings(env);
  const secretFiles: Record<string, string> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const file = SETTINGS[name].secret ? env[`${name}_FILE`] : undefined;
    if (file) secretFiles[`${name}_FILE`] = resolve(file);
  }
  return {
    dataDir: texts.DATA_DIR ?? resolve('./data'),
    texts,
    secretFiles,
    app: appAnswer(options, answers),
    problems: [...wrong, ...problems],
    env,
  };
}

function readAnswersFile(file: string): Record<string, unknown> {
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
  return parsed as Record<string, unknown>;
}

/** What is wrong with an answer, beyond what the setting itself will say. */
function problemOf(name: string, value: unknown): ConfigProblem[] {
  if (!isAnswerName(name))
    return [{ name, problem: 'is no setting', repair: 'correct the name in the answers file or remove it' }];
  if (!['string', 'number', 'boolean'].includes(typeof value))
    return [{ name, problem: 'is neither text, number nor boolean', repair: 'write it as text' }];
  if (name === 'APP_SIGNUP_FLOW' && !FLOWS.some((flow) => flow === value))
    return [{ name, problem: 'is no signup flow', repair: `use one of ${FLOWS.join(', ')}` }];
  return [];
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
  const signupFlow = FLOWS.find((flow) => flow === answers.APP_SIGNUP_FLOW) ?? 'code';
  return { name, signupFlow };
}
