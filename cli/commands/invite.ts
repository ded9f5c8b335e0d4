import type { InviteOutcome, ListedInvite } from '../../client/host/index.ts';
import { type Command, LIST_OPTIONS } from '../command.ts';
import { eachHandle } from '../each-handle.ts';
import { CliError, EXIT } from '../exit.ts';
import { handlesOf } from '../handle-file.ts';
import { Counter } from '../output/counter.ts';
import type { Column } from '../output/table.ts';
import { readText } from '../read-input.ts';

const MOST_AT_ONCE = 500;
const INVITE_STATES = 'waiting, accepted, expired or withdrawn';

const COLUMNS: readonly Column<ListedInvite>[] = [
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'state', of: ({ state }) => state },
  { title: 'sender', of: ({ senderHandle }) => senderHandle },
  { title: 'sent', of: ({ sentCount }) => sentCount },
  { title: 'last sent', of: ({ lastSentAt }) => lastSentAt },
  { title: 'accepted', of: ({ acceptedAt }) => acceptedAt },
  { title: 'expires', of: ({ expiresAt }) => expiresAt },
];
const OUTCOME_COLUMNS: readonly Column<InviteOutcome>[] = [
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'outcome', of: ({ outcome }) => outcome },
];

export const inviteCommands: readonly Command[] = [
  {
    name: 'invite list',
    summary: 'offers to join, newest first',
    example: 'invite list --state waiting --all',
    options: [
      ...LIST_OPTIONS,
      ['--state <state>', INVITE_STATES],
      ['--search <handle>', 'a handle, or what it begins with'],
      ['--sender <handle>', 'who invited; superuser for the portal'],
    ],
    async run(context, given) {
      const { appId } = await context.app();
      const { invites } = await context.host();
      const filter = {
        state: given.text('state') as ListedInvite['state'] | undefined,
        search: given.text('search'),
        sender: given.text('sender'),
      };
      await context.output.list({
        page: (paging) => invites.list({ appId, ...filter, ...paging }),
        columns: COLUMNS,
        all: given.flag('all'),
        after: given.text('after'),
        empty: 'No such invite.',
      });
      return EXIT.done;
    },
  },
  {
    name: 'invite create',
    summary: 'invites people; exit 1 when some could not be',
    example: 'invite create anna@example.com ben@example.com --locale de',
    arguments: [['[handles...]', 'e-mail addresses or phone numbers']],
    options: [
      ['--file <file>', 'handles, one a line or in the first column of CSV; - for standard input'],
      ['--locale <locale>', 'language of the message'],
    ],
    async run(context, given) {
      const file = given.text('file');
      const handles = [...given.words, ...(file === undefined ? [] : handlesOf(await readText(file)))];
      if (handles.length === 0) {
        if (file === undefined)
          throw new CliError(EXIT.usage, 'Whom?', 'cosync invite create HANDLE…, or --file FILE');
        throw new CliError(EXIT.badInput, `There is no handle in ${file}.`);
      }
      const { appId } = await context.app();
      const { invites } = await context.host();
      const counter = new Counter(context.terminal, handles.length);
      const outcomes: InviteOutcome[] = [];
      for (let at = 0; at < handles.length; at += MOST_AT_ONCE) {
        const some = handles.slice(at, at + MOST_AT_ONCE);
        const locale = given.text('locale');
        outcomes.push(
          ...(await invites.createMany(
            { appId, handles: some, ...(locale !== undefined && { locale }) },
            context.calls,
          )),
        );
        counter.add(some.length);
      }
      counter.clear();
      context.output.rows(outcomes, OUTCOME_COLUMNS);
      return outcomes.every(({ outcome }) => outcome !== 'invalid' && outcome !== 'limited')
        ? EXIT.done
        : EXIT.refused;
    },
  },
  eachHandle({
    name: 'invite resend',
    summary: 'sends open invites again, with a new code',
    who: 'who was invited',
    work: ({ invites }, named) => invites.resend(named),
    sentence: (handle) => `${handle} gets the invite again.`,
  }),
  eachHandle({
    name: 'invite remove',
    summary: 'withdraws open invites: their codes are void',
    who: 'who was invited',
    work: ({ invites }, named) => invites.withdraw(named),
    sentence: (handle) => `The invite of ${handle} is withdrawn.`,
  }),
];
