import { buildConfig, type ConfigProblem, type SettingTexts } from '../../server/config/load.ts';
import type { Config } from '../../server/model/config.ts';

/**
 * The configuration as far as it is settled: keys may still have to be made. Throws `ConfigError` with
 * `problems` and what is wrong with the rest.
 */
export function draftConfig(texts: SettingTexts, problems: readonly ConfigProblem[] = []): Config {
  const PASS_KEY = texts.PASS_KEY || 'unset';
  const ENCRYPT_KEY = texts.ENCRYPT_KEY || 'unset';
  return buildConfig(
    { ...texts, PASS_KEY, ENCRYPT_KEY },
    { production: false, keysExpected: false, problems },
  );
}
