import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { describeRepeated, repeatedNames } from './repeated-names.ts';
import type { Setting } from './setting-kinds.ts';
import { isSettingName, PATH_SETTINGS, SETTINGS, type SettingName } from './settings.ts';
import { isAbsent, whyUnreadable } from './unreadable-file.ts';

/** Something wrong with one setting and how to repair it. Never quotes a secret. */
export interface ConfigProblem {
  name: string;
  problem: string;
  repair: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;
/** Settings as texts, with paths already absolute. */
export type SettingTexts = { [N in SettingName]?: string };

/** What was given, before it is judged. */
export interface GivenSettings {
  texts: SettingTexts;
  problems: ConfigProblem[];
  /** Variables of the environment that carry a setting's name and are somebody else's. */
  ignored: SettingName[];
  /** Settings that came from the environment. */
  fromEnvironment: Set<SettingName>;
}

interface Source {
  values: Environment;
  folder: string;
  isEnvironment?: boolean;
}

/** Blanks at the ends belong to these; elsewhere they are slips of an editor. */
const VERBATIM: readonly SettingName[] = ['PASS_KEY', 'ENCRYPT_KEY', ...PATH_SETTINGS];

/**
 * Reads environment and `<DATA_DIR>/host.env` (operator contract §2): `answers` win over the environment,
 * which wins over the file; `<NAME>_FILE` stands in for a secret. Relative paths of the file start at the
 * data folder, others at the working folder.
 */
export function readSettings(env: Environment, answers: Environment = {}): GivenSettings {
  const dataDir = resolve(answers.DATA_DIR || env.DATA_DIR || './data');
  const given: GivenSettings = {
    texts: { DATA_DIR: dataDir },
    problems: [],
    ignored: [],
    fromEnvironment: new Set(),
  };
  const sources: Source[] = [
    { values: answers, folder: process.cwd() },
    { values: env, folder: process.cwd(), isEnvironment: true },
    { values: readHostEnv(join(dataDir, 'host.env'), given.problems), folder: dataDir },
  ];
  for (const source of sources) {
    for (const name of Object.keys(SETTINGS) as SettingName[]) {
      if (name === 'DATA_DIR' || given.texts[name] !== undefined) continue;
      const text = settingText(name, source, given);
      if (text === undefined) continue;
      given.texts[name] = text;
      if (source.isEnvironment) given.fromEnvironment.add(name);
    }
  }
  return given;
}

function readHostEnv(file: string, problems: ConfigProblem[]): Environment {
  let values: Environment;
  try {
    const text = readFileSync(file, 'utf8');
    values = parseEnv(text);
    reportRepeated(text, file, problems);
  } catch (error) {
    if (!isAbsent(error)) problems.push({ name: 'host.env', ...whyUnreadable(file, error) });
    return {};
  }
  for (const name of Object.keys(values)) {
    const base = name.endsWith('_FILE') && !isSettingName(name) ? name.slice(0, -5) : name;
    if (!isSettingName(base)) {
      problems.push({
        name,
        problem: `in ${file} is no setting`,
        repair: 'correct the name or remove the line',
      });
    }
  }
  return values;
}

/**
 * Readers take the last line and writers change the first: a rotation would put the new secret where nobody
 * reads it.
 */
function reportRepeated(text: string, file: string, problems: ConfigProblem[]): void {
  for (const repeated of repeatedNames(text)) {
    const problem = describeRepeated(repeated, file);
    problems.push({ name: repeated.name, problem, repair: 'keep one of them; the last one counted so far' });
  }
}

function settingText(name: SettingName, source: Source, given: GivenSettings): string | undefined {
  const { problems, ignored } = given;
  const { values, folder } = source;
  const setting: Setting<unknown, unknown> = SETTINGS[name];
  const own = (VERBATIM.includes(name) ? values[name] : values[name]?.trim()) || undefined;
  const file = setting.secret ? values[`${name}_FILE`] || undefined : undefined;
  if (own !== undefined && file !== undefined) {
    problems.push({ name, problem: `is given twice, also by ${name}_FILE`, repair: 'remove one of the two' });
  }
  if (own !== undefined && source.isEnvironment && setting.isForeign?.(own)) {
    ignored.push(name);
    return undefined;
  }
  if (own !== undefined) return PATH_SETTINGS.includes(name) ? resolve(folder, own) : own;
  if (file === undefined) return undefined;
  const path = resolve(folder, file);
  try {
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return VERBATIM.includes(name) ? text : text.trim();
  } catch (error) {
    problems.push({ name: `${name}_FILE`, ...whyUnreadable(path, error) });
    return undefined;
  }
}
