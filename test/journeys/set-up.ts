import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { runSetup } from '../support/setup-process.ts';

/** What the set-up guide leaves behind. */
export interface Installation {
  dataDir: string;
  /** What the developer pastes into the portal. */
  serverSecret: string;
  /** The settings of its `host.env`. */
  settings: Record<string, string>;
}

const PASS_PHRASE = 'jojo123';

/**
 * Follows the set-up guide: the two openssl commands for a 3072-bit key pair, then `npx setup` on it without
 * questions.
 */
export async function setUpByGuide(env: Record<string, string>): Promise<Installation> {
  const dataDir = mkdtempSync(join(tmpdir(), 'auth-host-journey-'));
  const keys = join(dataDir, 'keys');
  mkdirSync(keys);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: keys, stdio: 'pipe' });
  openssl('genrsa', '-aes128', '-passout', `pass:${PASS_PHRASE}`, '-out', 'privatekey.pem', '3072');
  const publicKey = ['-pubout', '-out', 'publickey.pem'];
  openssl('rsa', '-in', 'privatekey.pem', '-passin', `pass:${PASS_PHRASE}`, ...publicKey);

  const args = ['--yes', '--no-start', '--json', '--data-dir', dataDir];
  const { code, stdout, stderr } = await runSetup(args, { ...env, PASS_KEY: PASS_PHRASE });
  if (code !== 0) throw new Error(`setup ended with ${code}: ${stderr}`);
  const settings = parseEnv(readFileSync(join(dataDir, 'host.env'), 'utf8')) as Record<string, string>;
  return { dataDir, serverSecret: JSON.parse(stdout).serverSecret, settings };
}
