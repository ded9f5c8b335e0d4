import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Environment, loadListeningConfig } from '../../server/config/load.ts';
import { issueServerSecret } from '../../server/domain/tokens/server-secret.ts';
import type { Config } from '../../server/model/config.ts';
import { asStartError } from '../../server/start/start-failure.ts';
import { SetupError } from '../exit.ts';
import { type OpenHost, openHost } from './open-host.ts';

/** The host of the data folder here, as somebody on the same machine reaches it. */
export interface LocalHost {
  dataDir: string;
  url: string;
  config: Config;
  makeSecret(): Promise<string>;
}

/**
 * Looks for a data folder (`DATA_DIR`, else `./data`) that setup has filled; undefined without one. Throws
 * `SetupError` 69 or 78 for what the host itself would not start with.
 */
export async function findLocalHost(env: Environment): Promise<LocalHost | undefined> {
  const dataDir = resolve(env.DATA_DIR || './data');
  if (!existsSync(join(dataDir, 'host.env')) && !existsSync(join(dataDir, 'keys'))) return undefined;
  const { config } = await explained(loadListeningConfig(env));
  return {
    dataDir,
    config,
    url: `http://127.0.0.1:${config.port}`,
    makeSecret: () => withOpenHost(config, issueServerSecret),
  };
}

/** Opens the host's parts for a piece of work and closes them again. Throws `SetupError` 69 or 78. */
export async function withOpenHost<T>(config: Config, work: (host: OpenHost) => Promise<T>): Promise<T> {
  const host = await explained(openHost(config));
  try {
    return await work(host);
  } finally {
    await host.stop();
  }
}

async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const failure = asStartError(error);
    if (!failure) throw error;
    const lines = failure.problems.map(({ name, problem, repair }) => `${name} ${problem}: ${repair}`);
    throw new SetupError(failure.exitCode, lines.join('\n'));
  }
}
