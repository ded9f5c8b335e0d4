import type { Command } from '../command.ts';
import { appCommands } from './app.ts';
import { appKeyCommands } from './app-keys.ts';
import { appTransferCommands } from './app-transfer.ts';
import { hostCommands } from './host.ts';
import { statusCommand } from './status.ts';
import { tryCommands } from './try.ts';
import { userCommands } from './user.ts';
import { userActionCommands } from './user-actions.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  statusCommand,
  ...hostCommands,
  ...appCommands,
  ...appKeyCommands,
  ...appTransferCommands,
  ...userCommands,
  ...userActionCommands,
  ...tryCommands,
];

/** What the help says of a group of commands. */
export const NOUNS: Readonly<Record<string, string>> = {
  host: 'the hosts you run, and which one is meant',
  app: 'apps, their settings, keys and data',
  user: 'the users of an app',
  try: 'plays a user of an app, and shows the token',
};
