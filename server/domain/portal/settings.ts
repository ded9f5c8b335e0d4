import type { App } from '../../model/app.ts';
import { removeDroppedTexts } from '../apps/app-locales.ts';
import { changeSettings, type SettingsChange, type WholeLists } from '../apps/app-settings.ts';
import { appRevision, StaleError } from './revision.ts';

/**
 * Changes any settings of an app in one write, all of them or none, if the app still is at `revision`. Edited
 * texts of languages it drops go. Throws `StaleError` and what `changeSettings` throws.
 */
export async function saveSettings(
  deps: Parameters<typeof changeSettings>[0],
  input: { appId: string; revision: string; settings: SettingsChange; lists: WholeLists },
): Promise<App> {
  const { revision, ...change } = input;
  const judge = (app: App) => {
    if (appRevision(deps, app) !== revision) throw new StaleError(app);
  };
  const app = await changeSettings(deps, { ...change, judge });
  if (change.lists.locales) await removeDroppedTexts(deps, app);
  return app;
}
