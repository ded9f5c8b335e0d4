import { type DangerousAction, effectOf, type HostClient, type ListedUser } from '../../client/host/index.ts';
import type { Command, Given } from '../command.ts';
import { askName, askYes, CONFIRM_OPTION } from '../confirm.ts';
import type { Context } from '../context.ts';
import { forEach } from '../each.ts';
import { CliError, EXIT } from '../exit.ts';
import { findUser } from '../find-user.ts';
import type { Column } from '../output/table.ts';

type Work = (host: HostClient, user: ListedUser, given: Given) => Promise<unknown>;

/** What may be done to one user, or to several after another. */
interface UserAction {
  verb: string;
  summary: string;
  /** What is true of the handle afterwards. */
  outcome: string;
  /** Asked about before. */
  danger?: Extract<DangerousAction, `${string}Users` | 'endSessions' | 'disableFactors'>;
  options?: Command['options'];
  example?: string;
  work: Work;
}

const ACTIONS: readonly UserAction[] = [
  {
    verb: 'suspend',
    summary: 'suspends users and ends their sessions',
    outcome: 'is suspended',
    danger: 'suspendUsers',
    work: ({ users }, { appId, _id: userId }) => users.setStatus({ appId, userId, status: 'suspend' }),
  },
  {
    verb: 'activate',
    summary: 'takes a suspension back, and ends lock and waits',
    outcome: 'is active',
    work: ({ users }, { appId, _id: userId }) => users.setStatus({ appId, userId, status: 'active' }),
  },
  {
    verb: 'unlock',
    summary: 'lets users log in again after too many wrong passwords',
    outcome: 'is unlocked',
    work: ({ users }, { appId, _id: userId }) => users.unlock({ appId, userId }),
  },
  {
    verb: 'reset-password',
    summary: 'sends users a code for a new password',
    outcome: 'gets a code for a new password',
    work: ({ users }, { appId, _id: userId }) => users.sendPasswordReset({ appId, userId }),
  },
  {
    verb: 'end-sessions',
    summary: 'ends every session of users',
    outcome: 'has to log in again',
    danger: 'endSessions',
    work: ({ users }, { appId, _id: userId }) => users.endSessions({ appId, userId }),
  },
  {
    verb: 'disable-factor',
    summary: 'switches the second factor of users off, who are told',
    outcome: 'has no second factor any more',
    danger: 'disableFactors',
    options: [['--why <reason>', 'stands in the log']],
    example: 'user disable-factor anna@example.com --why "lost her phone, called back" --yes',
    work: ({ users }, { appId, _id: userId }, given) =>
      users.disableSecondFactor({ appId, userId, why: given.text('why') ?? '' }),
  },
  {
    verb: 'delete',
    summary: 'deletes users with their signups and invites',
    outcome: 'is deleted',
    danger: 'deleteUsers',
    options: [CONFIRM_OPTION],
    work: ({ users }, { appId, handle }) => users.remove({ appId, handle }),
  },
];

interface Done {
  handle: string;
  _id: string;
  action: string;
}

const COLUMNS: readonly Column<Done>[] = [
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'id', of: ({ _id }) => _id },
  { title: 'action', of: ({ action }) => action },
];

export const userActionCommands: readonly Command[] = ACTIONS.map((action) => ({
  name: `user ${action.verb}`,
  summary: action.summary,
  example: action.example ?? `user ${action.verb} anna@example.com${action.danger ? ' --yes' : ''}`,
  arguments: [['<who...>', 'handle, _id, uid or user name']],
  options: action.options ?? [],
  run: (context, given) => act(context, given, action),
}));

async function act(context: Context, given: Given, action: UserAction): Promise<number> {
  const { verb, danger, outcome, work } = action;
  if (verb === 'disable-factor' && !given.text('why')) {
    throw new CliError(EXIT.usage, 'The reason is missing: it stands in the log.', '--why "…"');
  }
  const { appId, name } = await context.app();
  const host = await context.host();
  const known = new Map<string, ListedUser | undefined>();
  if (danger) {
    // Before anybody is asked, so that the numbers are right.
    for (const who of given.words) known.set(who, await findUser(host, appId, who).catch(onlyUnknown));
    const users = new Set([...known.values()].flatMap((user) => user?._id ?? [])).size;
    const effect = effectOf(danger, { users });
    if (users > 1 && danger === 'deleteUsers') await askName(context, effect, { name, given });
    else if (users > 0) await askYes(context, effect);
  }
  return forEach(context, [...new Set(given.words)], {
    work: async (who) => {
      const user = known.get(who) ?? (await findUser(host, appId, who));
      await work(host, user, given);
      return { handle: user.handle, _id: user._id, action: verb };
    },
    columns: COLUMNS,
    sentence: ({ handle }) => `${handle} ${outcome}.`,
  });
}

/** Who is unknown is named when it is their turn. */
function onlyUnknown(error: unknown): undefined {
  if (error instanceof CliError && error.exitCode === EXIT.refused) return undefined;
  throw error;
}
