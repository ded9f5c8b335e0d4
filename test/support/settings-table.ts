import { SETTINGS } from '../../server/config/settings.ts';

/**
 * The settings table of the README, made from the declarations. `node test/support/settings-table.ts` prints
 * it.
 */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(([name, { default: fallback, meaning, secret }]) => {
    return `| \`${name}\`${secret ? ' s' : ''} | ${fallback.replaceAll('|', '\\|')} | ${meaning.replaceAll('|', '\\|')} |`;
  });
  return ['| Name | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

if (import.meta.main) process.stdout.write(`${settingsTable()}\n`);
