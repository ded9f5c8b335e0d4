import { createLogger } from '../server/log/logger.ts';
import type { Config } from '../server/model/config.ts';
import { buildDeps } from '../server/wiring.ts';

/**
 * The host's own parts without its port, for a command of setup. Call `stop` when done. Its security events go to stderr; on a terminal,
 * where somebody reads what setup itself says, only errors do.
 */
export function openHost(config: Config) {
  const level = process.stderr.isTTY ? 'error' : 'warn';
  return buildDeps(config, createLogger(level, process.stderr));
}
export type OpenHost = Awaited<ReturnType<typeof openHost>>;
