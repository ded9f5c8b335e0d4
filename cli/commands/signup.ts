import type { ListedSignup } from '../../client/host/index.ts';
import { type Command, LIST_OPTIONS } from '../command.ts';
import { forEach } from '../each.ts';
import { EXIT } from '../exit.ts';
import type { Column } from '../output/table.ts';

const COLUMNS: readonly Column<ListedSignup>[] = [
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'state', of: ({ state }) => state },
  { title: 'started', of: ({ startedAt }) => startedAt },
  { title: 'requests', of: ({ requests }) => requests },
  { title: 'opened', of: ({ openedAt }) => openedAt },
  { title: 'verified', of: ({ verifiedAt }) => verifiedAt },
  { title: 'flow', of: ({ flow }) => flow },
  { title: 'locale', of: ({ locale }) => locale },
];
const DONE_COLUMNS: readonly Column<{ handle: string; action: string }>[] = [
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'action', of: ({ action }) => action },
];

export const signupCommands: readonly Command[] = [
  {
    name: 'signup list',
    summary: 'requests to join, newest first',
    example: 'signup list --state waiting',
    options: [
      ...LIST_OPTIONS,
      ['--state <state>', 'waiting, verified or expired'],
      ['--search <handle>', 'a handle, or what it begins with'],
    ],
    async run(context, given) {
      const { appId } = await context.app();
      const { signups } = await context.host();
      const state = given.text('state') as ListedSignup['state'] | undefined;
      const search = given.text('search');
      await context.output.list({
        page: (paging) => signups.list({ appId, state, search, ...paging }),
        columns: COLUMNS,
        all: given.flag('all'),
        after: given.text('after'),
        empty: 'No such signup.',
      });
      return EXIT.done;
    },
  },
  {
    name: 'signup resend',
    summary: 'sends signups that wait a new code or link; the old one is void',
    example: 'signup resend anna@example.com',
    arguments: [['<handles...>', 'who waits']],
    async run(context, given) {
      const { appId } = await context.app();
      const { signups } = await context.host();
      return forEach(context, given.words, {
        work: async (handle) => {
          await signups.resend({ appId, handle });
          return { handle, action: 'resend' };
        },
        columns: DONE_COLUMNS,
        sentence: ({ handle }) => `${handle} gets the message again.`,
      });
    },
  },
  {
    name: 'signup confirm',
    summary: 'vouches for handles: the accounts are made without a code',
    example: 'signup confirm anna@example.com',
    arguments: [['<handles...>', 'who waits']],
    async run(context, given) {
      const { appId } = await context.app();
      const { signups } = await context.host();
      return forEach(context, given.words, {
        work: async (handle) => {
          const user = await signups.confirm({ appId, handle });
          return { handle: user.handle, action: 'confirm' };
        },
        columns: DONE_COLUMNS,
        sentence: ({ handle }) => `${handle} is a user.`,
      });
    },
  },
  {
    name: 'signup remove',
    summary: 'removes signups: their codes and links are void',
    example: 'signup remove anna@example.com',
    arguments: [['<handles...>', 'who asked to join']],
    async run(context, given) {
      const { appId } = await context.app();
      const { signups } = await context.host();
      return forEach(context, given.words, {
        work: async (handle) => {
          await signups.remove({ appId, handle });
          return { handle, action: 'remove' };
        },
        columns: DONE_COLUMNS,
        sentence: ({ handle }) => `The signup of ${handle} is removed.`,
      });
    },
  },
];
