import { isLoopback } from '../../model/config.ts';
import type { Deps } from '../../ports/deps.ts';

/**
 * The token of the only app, on a machine that somebody develops on: its public address is loopback.
 * Undefined elsewhere, and where there are several apps or none.
 */
export async function onlyAppToken({
  store,
  config,
}: Pick<Deps, 'store' | 'config'>): Promise<string | undefined> {
  if (!isLoopback(new URL(config.apiUrl).hostname)) return undefined;
  const [app, another] = await store.apps.list({ offset: 0, limit: 2 });
  return another ? undefined : app?.appToken;
}
