import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type ConfigProblem,
  type Environment,
  type GivenSettings,
  readSettings,
} from '../../server/config/setting-sources.ts';
import { isSettingName, SETTINGS, type SettingName } from '../../server/config/settings.ts';
import type { SignupFlow } from '../../server/model/app.ts';
import { EXIT, SetupError } from '../exit.ts';
import type { Options } from '../options.ts';

/** The first app to be made, if any. */
export interface AppAnswer {
  name: string;
  signupFlow: SignupFlow;
}

/** Everything setup was told before it asks anything: answers file over environment over `host.env`. */
export interface Answers extends GivenSettings {
  dataDir: string;
  /** `<NAME>_FILE` settings of this run, to be kept as such instead of copying the secret. */
  secretFiles: Readonly<Record<string, string>>;
  app: AppAnswer | undefined;
  operator: OperatorAnswer | undefined;
  /** The environment of this run. */
  env: Environment;
}

/** Who is to become an operator of the portal, and how. */
export interface OperatorAnswer {
  email: string;
  resetFactor?: boolean | undefined;
  /** Chosen in the wizard: no link is needed then. */
  password?: string | undefined;
}

const FLOWS: readonly SignupFlow[] = ['code', 'link', 'none'];

/**
 * Gathers options, answers file, environment and an earlier `host.env`. Throws `SetupError` 78 for an answers
 * file that cannot be read.
 */
export function gatherAnswers(options: Options, environment: Environment): Answers {
  const given = options.answers === undefined ? {} : readAnswersFile(options.answers);
  const wrong = Object.keys(given).flatMap((name) => problemOf(name, given[name]));
  const answers: Record<string, string> = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, String(value)]),
  );
  if (options['data-dir'] !== undefined) answers.DATA_DIR = resolve(options['data-dir']);
  const settings = readSettings(environment, answers);
  const secretFiles: Record<string, string> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const file = SETTINGS[name].secret ? secretFile(name, answers, environment) : undefined;
    if (file) secretFiles[`${name}_FILE`] = resolve(file);
  }
  return {
    ...settings,
    dataDir: settings.texts.DATA_DIR ?? resolve('./data'),
    secretFiles,
    app: appAnswer(options, answers),
    operator: operatorAnswer(options, answers.OPERATOR_EMAIL ?? environment.OPERATOR_EMAIL),
    problems: [...wrong, ...settings.problems],
    env: environment,
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
  if (name === 'APP_NAME' || name === 'OPERATOR_EMAIL' || name === 'APP_SIGNUP_FLOW' || isSettingName(name))
    return true;
  const base = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : '';
  return isSettingName(base) && SETTINGS[base].secret;
}

/** An answer takes the place of the same secret in the environment, whichever of the two ways it is given. */
function secretFile(name: SettingName, answers: Environment, environment: Environment): string | undefined {
  const source = answers[name] || answers[`${name}_FILE`] ? answers : environment;
  return source[`${name}_FILE`] || undefined;
}

function operatorAnswer(options: Options, given = ''): OperatorAnswer | undefined {
  const email = (options.operator ?? given).trim();
  if (email === '' && options.operator === undefined) return undefined;
  return { email, resetFactor: options['reset-factor'] };
}

function appAnswer(options: Options, answers: Record<string, string>): AppAnswer | undefined {
  const name = (options.app ?? answers.APP_NAME ?? '').trim();
  if (name === '') return undefined;
  const signupFlow = FLOWS.find((flow) => flow === answers.APP_SIGNUP_FLOW) ?? 'code';
  return { name, signupFlow };
}
