import { closeSync, existsSync, openSync } from 'node:fs';
import type { Config } from '../model/config.ts';
import type { ConfigProblem, SettingTexts } from './setting-sources.ts';
import { isAbsent, whyUnreadable } from './unreadable-file.ts';

type Files = Pick<Config, 'privateKeyFile' | 'publicKeyFile' | 'database'>;

/**
 * What keeps the host from its keys: files that are not there or cannot be read, secrets nobody gave. Making
 * new ones is advised only where nothing tells of old ones, for a new key closes what the old one opened.
 * `expected`: false while setup may still make them.
 */
export function keyProblems(
  texts: SettingTexts,
  files: Files,
  { expected, known }: { expected: boolean; known: readonly ConfigProblem[] },
): ConfigProblem[] {
  const reading = {
    PRIVATE_KEY_FILE: readingError(files.privateKeyFile),
    PUBLIC_KEY_FILE: readingError(files.publicKeyFile),
  };
  const isNew =
    !texts.PASS_KEY &&
    !texts.ENCRYPT_KEY &&
    known.length === 0 &&
    isAbsent(reading.PRIVATE_KEY_FILE) &&
    isAbsent(reading.PUBLIC_KEY_FILE) &&
    !(files.database.kind === 'sqlite' && existsSync(files.database.file));
  const found = missingSecrets(texts, files, { isNew, known });
  for (const [name, error] of Object.entries(reading)) {
    const file = name === 'PRIVATE_KEY_FILE' ? files.privateKeyFile : files.publicKeyFile;
    if (error === undefined || (isAbsent(error) && !expected)) continue;
    if (!isAbsent(error)) found.push({ name, ...whyUnreadable(file, error) });
    else found.push({ name, problem: `names ${file}, which is not there`, repair: absenceRepair() });

    function absenceRepair(): string {
      if (isNew) return 'run npx setup to make a key pair';
      if (name === 'PUBLIC_KEY_FILE' && reading.PRIVATE_KEY_FILE === undefined)
        return 'run npx setup: it makes the public half from the private key again';
      return 'put the file back, from where it lay or from a backup: a new pair would refuse every token and secret made with the old one';
    }
  }
  return found;
}

/**
 * A secret may stand in a `host.env` or a file that could not be read: then that is the problem, and it is
 * known already.
 */
function missingSecrets(
  texts: SettingTexts,
  { privateKeyFile }: Files,
  { isNew, known }: { isNew: boolean; known: readonly ConfigProblem[] },
): ConfigProblem[] {
  const old = {
    PASS_KEY: `give the pass phrase that ${privateKeyFile} was made with, in host.env, as PASS_KEY or PASS_KEY_FILE`,
    ENCRYPT_KEY:
      'give the key that the data was sealed with, in host.env, as ENCRYPT_KEY or ENCRYPT_KEY_FILE (a backup holds it)',
  };
  return (['PASS_KEY', 'ENCRYPT_KEY'] as const)
    .filter((name) => !texts[name])
    .filter(
      (name) => !known.some((problem) => problem.name === 'host.env' || problem.name === `${name}_FILE`),
    )
    .map((name) => {
      const repair = isNew ? `run npx setup, or give ${name} or ${name}_FILE` : old[name];
      return { name, problem: 'is missing', repair };
    });
}

function readingError(file: string): unknown {
  try {
    closeSync(openSync(file, 'r'));
    return undefined;
  } catch (error) {
    return error;
  }
}
