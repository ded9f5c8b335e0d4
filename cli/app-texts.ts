import type { HostClient, Template } from '../client/host/index.ts';
import { CliError, EXIT } from './exit.ts';

/** The texts of an app, in the order of language and name. */
export async function textsOf({ texts }: HostClient, appId: string): Promise<Template[]> {
  return Object.values(await texts.list({ appId }))
    .flat()
    .sort((one, other) => placeOf(one).localeCompare(placeOf(other), 'en'));
}

/** `DE/invite`: language and name of a text. */
export function placeOf({ locale, templateName }: Pick<Template, 'locale' | 'templateName'>): string {
  return `${locale}/${templateName}`;
}

/** One text by name; without a language in the first one that the app has. Throws `CliError` 1. */
export async function findText(
  host: HostClient,
  appId: string,
  { name, locale }: { name: string; locale?: string | undefined },
): Promise<Template> {
  const all = await textsOf(host, appId);
  const wanted = locale?.slice(0, 2).toUpperCase();
  const { locales } = await host.apps.get({ appId });
  const language = wanted ?? locales[0];
  const text = all.find((one) => one.templateName === name && one.locale === language);
  if (text) return text;
  const names = [...new Set(all.map(({ templateName }) => templateName))].join(', ');
  throw new CliError(
    EXIT.refused,
    `There is no text ${JSON.stringify(name)} in ${language}.`,
    `Texts: ${names}; languages: ${locales.join(', ')}.`,
  );
}
