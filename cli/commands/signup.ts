import type { ListedSignup } from '../../client/host/index.ts';
import { type Command, LIST_OPTIONS } from '../command.ts';
import { eachHandle } from '../each-handle.ts';
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
  eachHandle({
    name: 'signup resend',
    summary: 'sends signups that wait a new code or link; the old one is void',
    who: 'who waits',
    work: ({ signups }, named) => signups.resend(named),
    sentence: (handle) => `${handle} gets the message again.`,
  }),
  eachHandle({
    name: 'signup confirm',
    summary: 'vouches for handles: the accounts are made without a code',
    who: 'who waits',
    work: ({ signups }, named) => signups.confirm(named),
    sentence: (handle) => `${handle} is a user.`,
  }),
  eachHandle({
    name: 'signup remove',
    summary: 'removes signups: their codes and links are void',
    who: 'who asked to join',
    work: ({ signups }, named) => signups.remove(named),
    sentence: (handle) => `The signup of ${handle} is removed.`,
  }),
];
