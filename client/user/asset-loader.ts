import type { AssetMethods } from './assets/assets.ts';
import { AuthError, refusal } from './error.ts';
import type { Parts } from './parts.ts';
import { isPassing } from './patience.ts';

/** Files of the user. Their code is loaded when the first method is called. */
export function assets({ keeper, fetch }: Parts): AssetMethods {
  let loading: Promise<AssetMethods> | undefined;
  async function load(): Promise<AssetMethods> {
    // What both need is handed over: imported from there, it would be a third file that every page loads.
    loading ??= import('./assets/assets.ts').then(({ assetMethods }) =>
      assetMethods({ keeper, fetch, errors: { AuthError, refusal, isPassing } }),
    );
    try {
      return await loading;
    } catch (cause) {
      loading = undefined;
      throw new AuthError('network', 'the code for files cannot be loaded', { cause });
    }
  }
  const later =
    <N extends keyof AssetMethods>(name: N) =>
    async (...parameters: unknown[]) =>
      ((await load())[name] as (...given: unknown[]) => unknown)(...parameters);
  return Object.fromEntries(
    (['upload', 'list', 'get', 'refresh', 'update', 'remove', 'usage'] as const).map((name) => [
      name,
      later(name),
    ]),
  ) as unknown as AssetMethods;
}
