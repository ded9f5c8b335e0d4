import type { App, SettingsChange } from '../client/host/index.ts';
import { CliError, EXIT } from './exit.ts';
import { readText } from './read-input.ts';

/** Members of the portal's app object that are no settings. */
const NO_SETTINGS = ['appId', 'appToken', 'appPublicKey', 'appData', 'createdAt', 'updatedAt', 'revision'];
/** Never given on the command line, where other people of the machine can read it. */
const SECRETS = ['TWILIOToken', 'emailExtensionAPIKey', 'assetSecret'];

/** The settings of an app by their published names. */
export function settingsOf(app: App): Record<string, unknown> {
  return Object.fromEntries(Object.entries(app).filter(([name]) => !NO_SETTINGS.includes(name)));
}

/**
 * What `NAME=VALUE…` changes. A value is read as what the setting is now; `@FILE` and `-` name where it
 * stands. Throws `CliError` 64 and 65.
 */
export async function changeOf(words: readonly string[], app: App): Promise<SettingsChange> {
  const now = settingsOf(app);
  const changes: [string, unknown][] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new CliError(EXIT.usage, `${JSON.stringify(word)} is not of the form NAME=VALUE.`);
    const name = word.slice(0, at);
    const given = word.slice(at + 1);
    const isRead = given === '-' || given.startsWith('@');
    if (SECRETS.includes(name) && !isRead && given !== '') {
      throw new CliError(
        EXIT.usage,
        `${name} is a secret and cannot stand here.`,
        `${name}=@FILE or ${name}=-`,
      );
    }
    const text = isRead
      ? (await readText(given === '-' ? '-' : given.slice(1))).replace(/\r?\n$/, '')
      : given;
    changes.push([name, asValue(name, text, now[name])]);
  }
  return Object.fromEntries(changes) as SettingsChange;
}

function asValue(name: string, text: string, now: unknown): unknown {
  if (now === undefined || typeof now === 'string' || text === '') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const kind = typeof now === 'boolean' ? 'true or false' : typeof now === 'number' ? 'a number' : 'JSON';
    throw new CliError(EXIT.badInput, `${name} wants ${kind}.`);
  }
}
