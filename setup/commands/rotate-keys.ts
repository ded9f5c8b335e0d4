import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildConfig } from '../../server/config/load.ts';
import type { Config } from '../../server/model/config.ts';
import { dropOtherWraps, wrapDataKeyAlso } from '../../server/security/data-key.ts';
import { loadHostKey } from '../../server/security/host-key.ts';
import { type Command, existingAnswers } from '../command.ts';
import { EXIT, SetupError } from '../exit.ts';
import { writeFileWhole } from '../installation/files.ts';
import { changeHostEnv, readHostEnvFile, storedPath } from '../installation/host-env.ts';
import { encryptKeyPair } from '../installation/key-pair.ts';
import { randomSecret } from '../installation/new-secret.ts';
import { openHost } from '../installation/open-host.ts';
import type { Options } from '../options.ts';
import { askNewSecret } from '../terminal/ask.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * `--rotate-pass-key`. Each step leaves a host that starts: the key under the new phrase goes into a second
 * file, one write of `host.env` switches to both at once, then the usual file is written anew and `host.env`
 * goes back to it.
 */
export const rotatePassKey: Command = async ({ options, terminal }) => {
  const { config, dataDir } = openConfig(options, 'PASS_KEY');
  const passPhrase = await newSecret(options, terminal, 'New pass phrase');
  const { privateKeyFile, publicKeyFile, passKey } = config;
  const { privateKey } = loadHostKey({ privateKeyFile, publicKeyFile, passPhrase: passKey });
  const { privateKeyPem } = encryptKeyPair(privateKey, passPhrase);

  const usualFile = join(dataDir, 'keys', 'privatekey.pem');
  const keptFile = isBetween(privateKeyFile) ? usualFile : privateKeyFile;
  const betweenFile = join(dirname(keptFile), BETWEEN);
  const settingFor = (file: string) => (file === usualFile ? undefined : storedPath(dataDir, file));
  // After a crash the file in between may be the one in use, and must not change under the old phrase.
  if (!isBetween(privateKeyFile)) {
    writeFileWhole(betweenFile, privateKeyPem);
    changeHostEnv(dataDir, { PASS_KEY: passPhrase, PRIVATE_KEY_FILE: storedPath(dataDir, betweenFile) });
    writeFileWhole(keptFile, privateKeyPem);
    changeHostEnv(dataDir, { PRIVATE_KEY_FILE: settingFor(keptFile) });
  } else {
    writeFileWhole(keptFile, privateKeyPem);
    changeHostEnv(dataDir, { PASS_KEY: passPhrase, PRIVATE_KEY_FILE: settingFor(keptFile) });
  }
  rmSync(betweenFile, { force: true });

  const host = await openHost(buildConfig({ ...existingAnswers(options).texts }, { production: false }));
  host.events.emit('pass_key_rotated');
  host.activity.record({ action: 'rotatePassKey', value: 'true', logType: 'app', status: 'success' });
  await host.stop();
  terminal.line(
    'The private key has a new pass phrase; it stands in host.env. A running host needs no restart.',
  );
  return EXIT.done;
};

const BETWEEN = 'privatekey.next.pem';
function isBetween(file: string): boolean {
  return file.endsWith(`/${BETWEEN}`);
}

/**
 * `--rotate-encrypt-key`. The data key is wrapped under the new key beside the old one, `host.env` switches
 * in one write, then the old wrapping is removed: whichever key `host.env` holds at a crash opens the store.
 */
export const rotateEncryptKey: Command = async ({ options, terminal }) => {
  const { config, dataDir } = openConfig(options, 'ENCRYPT_KEY');
  const newKey = await newSecret(options, terminal, 'New encryption key');
  const host = await openHost(config);
  try {
    const { meta } = host.store;
    await terminal.progress(
      'Wrapping the data key',
      wrapDataKeyAlso({ meta, oldKey: config.encryptKey, newKey }),
    );
    changeHostEnv(dataDir, { ENCRYPT_KEY: newKey });
    await dropOtherWraps({ meta, encryptKey: newKey });
    host.events.emit('encrypt_key_rotated');
    host.activity.record({ action: 'rotateEncryptKey', value: 'true', logType: 'app', status: 'success' });
  } finally {
    await host.stop();
  }
  terminal.line(
    'The data key is wrapped under a new ENCRYPT_KEY; it stands in host.env. A running host needs no restart.',
  );
  return EXIT.done;
};

/**
 * The configuration of a command that changes a secret in `host.env`. Throws `SetupError` 78 when the secret
 * is kept elsewhere.
 */
function openConfig(options: Options, name: 'PASS_KEY' | 'ENCRYPT_KEY'): { config: Config; dataDir: string } {
  const { texts, dataDir, fromEnvironment } = existingAnswers(options);
  // The same text in the environment would win over the new one at the next start.
  if (readHostEnvFile(dataDir)[name] === undefined || fromEnvironment.has(name)) {
    throw new SetupError(
      EXIT.configuration,
      `${name} does not come from ${dataDir}/host.env, so it cannot be changed there. Move it into host.env, rotate, and move the new one to where you keep it.`,
    );
  }
  return { config: buildConfig(texts, { production: false }), dataDir };
}

/** Asks on a terminal; else, and with `--yes`, makes a random one. */
async function newSecret(options: Options, terminal: Terminal, what: string): Promise<string> {
  const asked = options.yes || !process.stdin.isTTY ? undefined : await askNewSecret(terminal, what);
  return asked ?? randomSecret();
}
