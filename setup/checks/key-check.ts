import { statSync } from 'node:fs';
import { type CheckResult, failed, passed, remarkOn } from '../../server/checks/finding.ts';
import type { Config } from '../../server/model/config.ts';
import { HostKeyError, loadHostKey } from '../../server/security/host-key.ts';

const NAME = 'key pair';

/**
 * Whether the host will be able to use its key files: present, opened by the pass phrase, belonging together,
 * private.
 */
export function checkKeyPair(config: Config): CheckResult {
  const { privateKeyFile, publicKeyFile, passKey } = config;
  try {
    const { publicKey } = loadHostKey({ privateKeyFile, publicKeyFile, passPhrase: passKey });
    const bits = publicKey.asymmetricKeyDetails?.modulusLength;
    if ((statSync(privateKeyFile).mode & 0o077) !== 0) {
      return failed(NAME, `others on this machine can read ${privateKeyFile}: chmod 600 it.`);
    }
    return passed(NAME, `RSA ${bits} bit, opens with the pass phrase${remarkOn('PASS_KEY', passKey)}`);
  } catch (error) {
    if (error instanceof HostKeyError) return failed(NAME, error.message);
    throw error;
  }
}
