import type { Command } from '../command.ts';
import { apiCommand } from './api.ts';
import { appCommands } from './app.ts';
import { appKeyCommands } from './app-keys.ts';
import { appTransferCommands } from './app-transfer.ts';
import { assetCommands } from './asset.ts';
import { completionCommand } from './completion.ts';
import { hostCommands } from './host.ts';
import { inviteCommands } from './invite.ts';
import { logCommands } from './logs.ts';
import { mailCommands } from './mail.ts';
import { moveInCommand } from './move-in.ts';
import { operatorCommands } from './operator.ts';
import { signupCommands } from './signup.ts';
import { statsCommand } from './stats.ts';
import { statusCommand } from './status.ts';
import { templateCommands } from './template.ts';
import { tryCommands } from './try.ts';
import { userCommands } from './user.ts';
import { userActionCommands } from './user-actions.ts';
import { verifyCommand } from './verify.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  statusCommand,
  ...hostCommands,
  ...appCommands,
  ...appKeyCommands,
  ...appTransferCommands,
  moveInCommand,
  ...userCommands,
  ...userActionCommands,
  ...inviteCommands,
  ...signupCommands,
  ...assetCommands,
  ...templateCommands,
  ...logCommands,
  statsCommand,
  verifyCommand,
  ...mailCommands,
  ...tryCommands,
  apiCommand,
  ...operatorCommands,
  completionCommand,
];

/** What the help says of a group of commands. */
export const NOUNS: Readonly<Record<string, string>> = {
  host: 'the hosts you run, and which one is meant',
  app: 'apps, their settings, keys and data',
  user: 'the users of an app',
  try: 'plays a user of an app, and shows the token',
  invite: 'offers to join',
  signup: 'requests to join',
  asset: "files of an app's users",
  template: 'the texts of mails and pages',
  operator: 'who signs in to the portal',
  mail: 'whether mail goes out',
};
