import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from '../model/config.ts';
import { databaseAddress } from './database-address.ts';
import { keyProblems } from './key-files.ts';
import { settleListeningAddress } from './listening-address.ts';
import { type ConfigProblem, type Environment, readSettings, type SettingTexts } from './setting-sources.ts';
import { configFields, SETTINGS, type SettingName, type SettingValues } from './settings.ts';

export type { ConfigProblem, Environment, SettingTexts } from './setting-sources.ts';

/** Everything that is wrong, at once; the host ends with exit code 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ name, problem, repair }) => `${name} ${problem}: ${repair}`).join('\n'));
    this.problems = problems;
  }
}

const TEST_ONLY: readonly SettingName[] = [
  'APPLE_ISSUER',
  'APPLE_JWKS_URL',
  'GOOGLE_ISSUER',
  'GOOGLE_JWKS_URL',
];

/** The process's environment: nothing else in the server reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** The settings of this environment, checked and frozen. Throws `ConfigError` with every problem at once. */
export function loadConfig(env: Environment = process.env): Config {
  const { texts, problems, fromEnvironment } = readSettings(env);
  return buildConfig(texts, { production: env.NODE_ENV === 'production', problems, fromEnvironment });
}

/**
 * The same for a process that is about to listen, and the variables of the environment that were ignored
 * because they are somebody else's.
 */
export async function loadListeningConfig(
  env: Environment = process.env,
): Promise<{ config: Config; ignored: readonly SettingName[] }> {
  const given = readSettings(env);
  await settleListeningAddress(given);
  const { texts, problems, ignored, fromEnvironment } = given;
  const production = env.NODE_ENV === 'production';
  return { config: buildConfig(texts, { production, problems, fromEnvironment }), ignored };
}

/**
 * Checks settings that are already texts, as setup has them (`keysExpected: false` before it made the keys).
 * Throws `ConfigError`.
 */
export function buildConfig(
  texts: SettingTexts,
  options: {
    production: boolean;
    problems?: readonly ConfigProblem[];
    keysExpected?: boolean;
    fromEnvironment?: ReadonlySet<SettingName>;
  },
): Config {
  const problems = [...(options.problems ?? [])];
  const values = parseAll(texts, problems);
  const dataDir = texts.DATA_DIR ?? resolve('./data');
  const apiUrl = values.API_URL ?? `http://localhost:${values.PORT}`;
  const { database, problems: databaseProblems } = databaseAddress(values.DB_CONN_STRING, dataDir);
  problems.push(...databaseProblems.map((problem) => ({ name: 'DB_CONN_STRING', ...problem })));
  const twilio = twilioAccount(values, problems);
  const keyFiles = {
    privateKeyFile: values.PRIVATE_KEY_FILE ?? join(dataDir, 'keys', 'privatekey.pem'),
    publicKeyFile: values.PUBLIC_KEY_FILE ?? join(dataDir, 'keys', 'publickey.pem'),
  };
  const mail = values.MAIL ?? (values.SMTP_URL ? 'smtp' : values.SEND_GRID_API_KEY ? 'sendgrid' : 'outbox');
  const sms = values.SMS ?? (twilio ? 'twilio' : 'outbox');
  const { keysExpected: expected = true, problems: known = [] } = options;
  problems.push(...keyProblems(texts, { ...keyFiles, database }, { expected, known }));
  problems.push(...contradictions(values, { mail, sms, twilio }));
  if (options.production) {
    for (const name of TEST_ONLY.filter((setting) => texts[setting] !== undefined)) {
      problems.push({ name, problem: 'is for tests and NODE_ENV is production', repair: 'remove it' });
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);

  return Object.freeze({
    ...configFields(values),
    dataDir,
    apiUrl,
    apiUrlIsDefault: values.API_URL === undefined,
    serverName: values.SERVER_NAME ?? hostname(),
    database,
    ...keyFiles,
    mail,
    noreplyEmail: values.NOREPLY_EMAIL ?? `noreply@${new URL(apiUrl).hostname}`,
    sms,
    twilio,
    production: options.production,
    origins: originsOf(texts, options.fromEnvironment),
  });
}

function originsOf(
  texts: SettingTexts,
  fromEnvironment: ReadonlySet<SettingName> = new Set(),
): Config['origins'] {
  const given = Object.keys(texts).filter(
    (name): name is SettingName => texts[name as SettingName] !== undefined,
  );
  // The data folder is never named in the file that lies in it.
  return Object.fromEntries(
    given.map((name) => [name, fromEnvironment.has(name) || name === 'DATA_DIR' ? 'environment' : 'file']),
  );
}

/** What is wrong between settings that are right one by one. */
function contradictions(
  values: SettingValues,
  { mail, sms, twilio }: Pick<Config, 'mail' | 'sms' | 'twilio'>,
): ConfigProblem[] {
  const found: ConfigProblem[] = [];
  const report = (name: string, problem: string, repair: string) => found.push({ name, problem, repair });
  if (mail === 'sendgrid' && !values.SEND_GRID_API_KEY)
    report('MAIL', 'is sendgrid without a key', 'set SEND_GRID_API_KEY');
  if (mail === 'smtp' && !values.SMTP_URL) report('MAIL', 'is smtp without a server', 'set SMTP_URL');
  if (!values.MAIL && values.SMTP_URL && values.SEND_GRID_API_KEY) {
    const repair = 'say which with MAIL=smtp or MAIL=sendgrid';
    report('MAIL', 'is not set while both SMTP_URL and SEND_GRID_API_KEY are', repair);
  }
  if (sms === 'twilio' && !twilio)
    report('SMS', 'is twilio without an account', 'set the three TWILIO_… settings');
  if (values.METRICS_PORT !== undefined && values.METRICS_PORT !== 0 && values.METRICS_PORT === values.PORT) {
    report('METRICS_PORT', 'is the same as PORT', 'use a port of its own');
  }
  for (const other of ['PORT', 'METRICS_PORT'] as const) {
    if (values.PORTAL_PORT !== undefined && values.PORTAL_PORT === values[other])
      report('PORTAL_PORT', `is the same as ${other}`, 'use a port of its own');
  }
  if (values.CODES_PER_DAY < values.CODES_PER_HOUR) {
    report('CODES_PER_DAY', 'is less than CODES_PER_HOUR', 'make it at least as large');
  }
  return found;
}

function parseAll(texts: SettingTexts, problems: ConfigProblem[]): SettingValues {
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const text = texts[name];
    values[name] = SETTINGS[name].fallback;
    if (text === undefined) continue;
    try {
      values[name] = SETTINGS[name].parse(text);
    } catch (error) {
      problems.push({ name, problem: (error as Error).message, repair: SETTINGS[name].repair });
    }
  }
  return values as SettingValues;
}

function twilioAccount(values: SettingValues, problems: ConfigProblem[]): Config['twilio'] {
  const { TWILIO_ACCOUNT_SID: accountSid, TWILIO_TOKEN: token, TWILIO_PHONE_NUMBER: phoneNumber } = values;
  if (accountSid && token && phoneNumber) return { accountSid, token, phoneNumber };
  if (accountSid || token || phoneNumber) {
    const missing = [
      !accountSid && 'TWILIO_ACCOUNT_SID',
      !token && 'TWILIO_TOKEN',
      !phoneNumber && 'TWILIO_PHONE_NUMBER',
    ].filter(Boolean);
    problems.push({
      name: missing.join(', '),
      problem: 'missing beside the other TWILIO_… settings',
      repair: 'set all three or none',
    });
  }
  return undefined;
}
