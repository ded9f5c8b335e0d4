import type { App } from '../../server/model/app.ts';
import { type Command, existingConfig } from '../command.ts';
import { EXIT, SetupError } from '../exit.ts';
import { type OpenHost, openHost } from '../installation/open-host.ts';

/** `--print-app-token [NAME]`: the token of an app, and nothing else on stdout. */
export const printAppToken: Command = async ({ options }) => {
  const host = await openHost(existingConfig(options));
  try {
    const app = await theApp(host, options['print-app-token'] ?? '');
    process.stdout.write(`${app.appToken}\n`);
    return EXIT.done;
  } finally {
    await host.stop();
  }
};

/**
 * The app of that name, or the only one. Throws `SetupError` 64 where there is none of that name, or several;
 * 78 where there is none at all.
 */
export async function theApp({ store }: Pick<OpenHost, 'store'>, name: string): Promise<App> {
  const apps = await store.apps.list({ offset: 0, limit: NAMED });
  const [first, ...others] = apps;
  if (!first) {
    throw new SetupError(
      EXIT.configuration,
      'There is no app yet. To make one: npx setup --yes --no-start --app demo',
    );
  }
  const wanted = name === '' ? undefined : await store.apps.findByName(name);
  if (wanted) return wanted;
  if (name === '' && others.length === 0) return first;
  const what = name === '' ? 'There are several apps' : `There is no app named ${JSON.stringify(name)}`;
  const names = apps.map((app) => app.name).join(', ');
  throw new SetupError(
    EXIT.wrongOption,
    `${what}. Name one of: ${names}${apps.length === NAMED ? ', …' : ''}`,
  );
}

/** Names in one line. */
const NAMED = 20;
