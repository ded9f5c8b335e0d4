import { createLogger } from '../server/log/logger.ts';
import type { Config } from '../server/model/config.ts';
import { buildDeps } from '../server/wiring.ts';

/** The host's own parts without its port, for a command of setup. Its security events go to stderr. Call `stop` when done. */
export function openHost(config: Config) {
  return buildDeps(config, createLogger('warn', process.stderr));
}
export type OpenHost = Awaited<ReturnType<typeof openHost>>;
