import { readFileSync } from 'node:fs';
import { createHostClient, HostClientError } from '../client/host/index.ts';
import { baseAddress } from '../server/config/addresses.ts';
import type { Environment } from './environment.ts';
import { CliError, EXIT } from './exit.ts';
import type { Hosts } from './hosts.ts';

/** The host that commands speak to, and why it is this one. */
export interface Target {
  url: string;
  secret: string;
  origin: 'option' | 'environment' | 'chosen' | 'folder';
  why: string;
  /** Its name among the kept ones. */
  name?: string | undefined;
}

/**
 * Finds the host: `--host`, `COSYNC_URL`, the one in use, the data folder here. Throws `CliError` 69 where
 * there is none, 78 for what cannot be used.
 */
export async function whichHost(wanted: string | undefined, env: Environment, hosts: Hosts): Promise<Target> {
  if (wanted !== undefined) return kept(hosts, wanted, 'option', `--host ${wanted}`);
  if (env.COSYNC_URL) return fromEnvironment(env, env.COSYNC_URL);
  if (env.COSYNC_SECRET || env.COSYNC_SECRET_FILE) {
    throw new CliError(
      EXIT.configuration,
      'A secret is set, but no COSYNC_URL beside it.',
      'Set both or none.',
    );
  }
  const { current } = hosts;
  if (current !== undefined) return kept(hosts, current, 'chosen', 'chosen by cosync host use');
  return fromFolder(env);
}

function kept(hosts: Hosts, name: string, origin: 'option' | 'chosen', why: string): Target {
  const host = hosts.find(name);
  if (!host) {
    const names = hosts.names();
    throw new CliError(
      EXIT.configuration,
      `No host is called ${JSON.stringify(name)}.`,
      names.length > 0 ? `There is: ${names.join(', ')}.` : `cosync host add ${name} --url URL`,
    );
  }
  return { ...host, url: addressOf(host.url, `the host ${name}`), origin, why, name };
}

function fromEnvironment(env: Environment, url: string): Target {
  const secret = env.COSYNC_SECRET || (env.COSYNC_SECRET_FILE && readSecretFile(env.COSYNC_SECRET_FILE));
  if (!secret) {
    const repair = 'Set COSYNC_SECRET or COSYNC_SECRET_FILE beside it: npx setup --print-secret prints it.';
    throw new CliError(EXIT.configuration, 'COSYNC_URL is set without a secret.', repair);
  }
  return {
    url: addressOf(url, 'COSYNC_URL'),
    secret: secret.trim(),
    origin: 'environment',
    why: 'COSYNC_URL',
  };
}

/** The one form of an address. Throws `CliError` 78 for what is none, with `what` as its subject. */
export function addressOf(text: string, what: string): string {
  try {
    return baseAddress(text.trim());
  } catch (error) {
    throw new CliError(
      EXIT.configuration,
      `${what} ${(error as Error).message}.`,
      'Example: https://auth.example.com',
    );
  }
}

/** The secret in a file. Throws `CliError` 78. */
export function readSecretFile(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code;
    throw new CliError(EXIT.configuration, `The secret file ${file} cannot be read (${why}).`);
  }
  if (secret === '') throw new CliError(EXIT.configuration, `The secret file ${file} is empty.`);
  return secret;
}

async function fromFolder(env: Environment): Promise<Target> {
  const { findLocalHost } = await import('../setup/installation/local-host.ts');
  const local = await findLocalHost(env);
  if (!local) {
    throw new CliError(
      EXIT.unreachable,
      'There is no host: none is named, none is chosen, and no data folder is here.',
      'cosync host add NAME --url URL, or COSYNC_URL with COSYNC_SECRET, or npx setup.',
    );
  }
  const { url, dataDir } = local;
  await requireRunning(url, dataDir);
  return { url, secret: await local.makeSecret(), origin: 'folder', why: `data folder ${dataDir}` };
}

/** The secret is made in the database, which nobody but a running host shall open first. */
async function requireRunning(url: string, dataDir: string): Promise<void> {
  try {
    await createHostClient({ url, secret: '-' }).any('GET', '/healthz');
  } catch (error) {
    if (!(error instanceof HostClientError) || error.kind !== 'unreachable') throw error;
    throw new CliError(
      EXIT.unreachable,
      `No host runs at ${url}, the address of ${dataDir}.`,
      'Start it: npm start',
    );
  }
}
