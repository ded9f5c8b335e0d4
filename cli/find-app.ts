import { eachRow, type HostClient, HostClientError } from '../client/host/index.ts';
import { CliError, EXIT } from './exit.ts';
import { plain } from './output/plain.ts';

const APP_ID = /^[\da-f]{32}$/;
const NAMES_SHOWN = 10;

/** The app that commands speak of. */
export interface ChosenApp {
  appId: string;
  name: string;
}

/** The app by name or id, the one in use, or the only one. Throws `CliError` 1 and 64. */
export async function findApp(
  host: HostClient,
  wanted: string | undefined,
  inUse: string | undefined,
): Promise<ChosenApp> {
  if (wanted !== undefined) return named(host, wanted);
  if (inUse !== undefined) {
    const app = await byId(host, inUse);
    if (app) return app;
    throw new CliError(EXIT.refused, 'The app in use is not on this host any more.', 'cosync app use NAME');
  }
  const { rows, next } = await host.apps.overview({ limit: NAMES_SHOWN });
  const [only] = rows;
  if (!only) throw new CliError(EXIT.refused, 'The host has no app yet.', 'cosync app create NAME');
  if (rows.length === 1) return { appId: only.appId, name: only.name };
  const names = rows.map(({ name }) => plain(name)).join(', ');
  throw new CliError(
    EXIT.usage,
    `Which app? The host has several: ${names}${next === undefined ? '' : ', …'}.`,
    '--app NAME, or once and for all: cosync app use NAME',
  );
}

async function named(host: HostClient, wanted: string): Promise<ChosenApp> {
  const byItsId = APP_ID.test(wanted) ? await byId(host, wanted) : undefined;
  if (byItsId) return byItsId;
  const found: ChosenApp[] = [];
  for await (const { appId, name } of eachRow((paging) => host.apps.overview(paging))) {
    if (name === wanted) found.push({ appId, name });
  }
  const [app, another] = found;
  if (!app) throw new CliError(EXIT.refused, `There is no app ${JSON.stringify(wanted)}.`, 'cosync app list');
  if (another) {
    const ids = found.map(({ appId }) => appId).join(', ');
    throw new CliError(EXIT.usage, `Several apps are called so: ${ids}.`, 'Name one by its id.');
  }
  return app;
}

async function byId(host: HostClient, appId: string): Promise<ChosenApp | undefined> {
  try {
    const { name } = await host.apps.get({ appId });
    return { appId, name };
  } catch (error) {
    if (error instanceof HostClientError && error.kind === 'refused' && (error.status ?? 500) < 429)
      return undefined;
    throw error;
  }
}
