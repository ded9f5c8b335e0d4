import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { draftConfig } from '../installation/draft.ts';
import type { Plan } from '../installation/install.ts';
import { shownPath } from '../installation/shown-path.ts';
import type { Settled } from './questions.ts';

/** What will be written, a line each; none when there is nothing to change. */
export function planLines(plan: Plan, { app, operator }: Pick<Settled, 'app' | 'operator'>): string[] {
  const { dataDir, changes, newKeyBits } = plan;
  const file = shownPath(join(dataDir, 'host.env'));
  const names = (isGone: boolean) =>
    Object.keys(changes)
      .filter((name) => (changes[name] === undefined) === isGone)
      .join(', ');
  const { publicKeyFile } = draftConfig(plan.texts);
  const lines: string[] = [];
  if (names(false)) lines.push(`${file}: ${names(false)}`);
  if (names(true)) lines.push(`${file}: no longer ${names(true)}`);
  if (newKeyBits !== undefined) lines.push(`a new encrypted RSA key pair of ${newKeyBits} bit`);
  else if (!existsSync(publicKeyFile)) lines.push(`${shownPath(publicKeyFile)}, which is missing`);
  if (app) lines.push(`an app named ${app.name}`);
  if (operator) lines.push(`${operator.email} as an operator of the portal`);
  return lines;
}
