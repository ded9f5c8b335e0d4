import { ConfigError } from '../config/load.ts';
import { HostKeyError } from '../security/host-key.ts';
import { WrongEncryptKeyError } from '../security/wrong-encrypt-key.ts';
import { EXIT, StartError } from './exit.ts';

/**
 * What settings, keys or database keep from starting, with its repair and exit code; undefined for an error
 * nobody foresaw.
 */
export function asStartError(error: unknown): StartError | undefined {
  if (error instanceof StartError) return error;
  if (error instanceof ConfigError) return new StartError(EXIT.wrongConfiguration, error.problems);
  if (error instanceof HostKeyError) {
    const { message, repair } = error;
    const name = error.kind === 'pass phrase' ? 'PASS_KEY' : 'PRIVATE_KEY_FILE';
    return new StartError(EXIT.wrongConfiguration, [{ name, problem: `: ${message}`, repair }]);
  }
  if (error instanceof WrongEncryptKeyError) {
    const problem = 'does not open the data of this database';
    const repair = 'use the key the database was made with';
    return new StartError(EXIT.wrongConfiguration, [{ name: 'ENCRYPT_KEY', problem, repair }]);
  }
  return undefined;
}
