import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HOST_KEY_BITS } from '../../server/config/insecure.ts';
import { buildConfig, ConfigError, type ConfigProblem, type SettingTexts } from '../../server/config/load.ts';
import { PATH_SETTINGS, SETTINGS, type SettingName } from '../../server/config/settings.ts';
import { weaknessOf } from '../../server/config/weak-secret.ts';
import type { Config } from '../../server/model/config.ts';
import { EXIT, SetupError } from '../exit.ts';
import { draftConfig } from './draft.ts';
import { makePrivateFolder, writeFileWhole } from './files.ts';
import { changeHostEnv, readHostEnvFile, storedPath } from './host-env.ts';
import { makeKeyPair } from './key-pair.ts';
import { randomSecret } from './new-secret.ts';
import { closeToOthers } from './private-files.ts';

export interface Plan {
  dataDir: string;
  /** Complete, with pass phrase and encryption key. */
  texts: SettingTexts;
  /** Lines of `host.env` that change; `undefined` removes one. */
  changes: Record<string, string | undefined>;
  newKeyBits: number | undefined;
  newEncryptKey: boolean;
  newConfig: boolean;
}

/**
 * Decides what will be written; writes nothing. Throws `ConfigError` with everything that is wrong,
 * `problems` included.
 */
export function planInstallation(input: {
  dataDir: string;
  texts: SettingTexts;
  secretFiles: Readonly<Record<string, string>>;
  keyBits?: number;
  problems?: readonly ConfigProblem[];
}): Plan {
  const { dataDir, secretFiles } = input;
  const problems = [...(input.problems ?? [])];
  // Nothing can be planned on top of settings that are there and could not be read.
  if (problems.some(({ name }) => name === 'host.env')) throw new ConfigError(problems);
  const texts = { ...input.texts };
  const existing = readHostEnvFile(dataDir);
  const privateKeyFile = texts.PRIVATE_KEY_FILE ?? join(dataDir, 'keys', 'privatekey.pem');
  const hasKey = existsSync(privateKeyFile);
  if (hasKey && !texts.PASS_KEY) {
    const repair = 'give its pass phrase as PASS_KEY or PASS_KEY_FILE';
    problems.push({ name: 'PASS_KEY', problem: `is missing, but ${privateKeyFile} is there`, repair });
  }
  // With keys or settings that are there already a weak one opens what it closed; the start warns of it.
  const isNew = !hasKey && existing.ENCRYPT_KEY === undefined && existing.ENCRYPT_KEY_FILE === undefined;
  for (const name of ['PASS_KEY', 'ENCRYPT_KEY'] as const) {
    const isChosen = name === 'PASS_KEY' ? !hasKey : isNew;
    const problem = isChosen && texts[name] ? weaknessOf(texts[name]) : undefined;
    if (problem) problems.push({ name, problem, repair: 'use a longer one, or none for a random one' });
  }
  draftConfig(texts, problems);
  const newEncryptKey = !texts.ENCRYPT_KEY;
  texts.PASS_KEY ||= randomSecret();
  texts.ENCRYPT_KEY ||= randomSecret();

  const changes: Plan['changes'] = {};
  const want = (name: string, value: string | undefined) => {
    if (existing[name] !== value) changes[name] = value;
  };
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    if (name === 'DATA_DIR') continue;
    const file = secretFiles[`${name}_FILE`];
    const text = texts[name];
    if (file !== undefined) {
      want(`${name}_FILE`, storedPath(dataDir, file));
      want(name, undefined);
    } else if (existing[`${name}_FILE`] === undefined || !SETTINGS[name].secret) {
      const stored = text !== undefined && PATH_SETTINGS.includes(name) ? storedPath(dataDir, text) : text;
      want(name, isDefault(name, texts) ? undefined : stored);
    }
  }
  return {
    dataDir,
    texts,
    changes,
    newEncryptKey,
    newKeyBits: hasKey ? undefined : input.keyBits || HOST_KEY_BITS,
    newConfig: !existsSync(join(dataDir, 'host.env')),
  };
}

/** `host.env` holds only what differs from the default. */
function isDefault(name: SettingName, texts: SettingTexts): boolean {
  const text = texts[name];
  if (text === undefined) return true;
  if (SETTINGS[name].secret) return false;
  if (name === 'API_URL') return text === `http://localhost:${texts.PORT ?? SETTINGS.PORT.fallback}`;
  const { [name]: _, ...others } = texts;
  const effect = (settings: SettingTexts) => {
    try {
      // Where a setting comes from is no effect of it.
      return JSON.stringify({ ...draftConfig(settings), origins: undefined });
    } catch {
      return undefined;
    }
  };
  return effect(texts) === effect(others);
}

/**
 * Writes what the plan says, in an order that a crash cannot turn into a key without its pass phrase:
 * `host.env`, private key, public key. An existing key is never overwritten. Answers the checked
 * configuration and what others could reach until now. Throws `SetupError` 73, `ConfigError`.
 */
export async function install(
  plan: Plan,
): Promise<{ config: Config; createdKeys: boolean; closed: readonly string[] }> {
  const { texts, dataDir } = plan;
  // Everything is judged before the first byte is written.
  const planned = draftConfig(texts);
  const pair =
    plan.newKeyBits === undefined ? undefined : await makeKeyPair(plan.newKeyBits, planned.passKey);
  makePrivateFolder(dataDir);
  const closed = closeToOthers(dataDir);
  if (Object.keys(plan.changes).length > 0 || plan.newConfig) changeHostEnv(dataDir, plan.changes);
  if (pair) {
    makePrivateFolder(dirname(planned.privateKeyFile));
    writeFileWhole(planned.privateKeyFile, pair.privateKeyPem);
  }
  if (!existsSync(planned.publicKeyFile)) {
    const publicKeyPem = pair?.publicKeyPem ?? publicHalf(planned);
    makePrivateFolder(dirname(planned.publicKeyFile));
    writeFileWhole(planned.publicKeyFile, publicKeyPem, 0o644);
  }
  return { config: buildConfig(texts, { production: false }), createdKeys: pair !== undefined, closed };
}

/** The public key of a private one that lost it, for example by a crash between the two files. */
function publicHalf({ privateKeyFile, passKey }: Config): string {
  try {
    const privateKey = createPrivateKey({ key: readFileSync(privateKeyFile, 'utf8'), passphrase: passKey });
    return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
  } catch {
    throw new SetupError(
      EXIT.configuration,
      `PASS_KEY does not open ${privateKeyFile}: give the pass phrase it was made with.`,
    );
  }
}
