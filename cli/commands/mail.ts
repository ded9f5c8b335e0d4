import type { Check } from '../../client/host/index.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { STEP_COLUMNS } from '../output/steps.ts';
import type { Column } from '../output/table.ts';

/** Names of the host's checks that concern mail. */
const CHECKS = ['mail', 'sender'];

const CHECK_COLUMNS: readonly Column<Check>[] = [
  { title: 'ok', of: ({ ok }) => ok },
  { title: 'check', of: ({ name }) => name },
  { title: 'detail', of: ({ detail }) => detail },
  { title: 'repair', of: ({ repair }) => repair },
];

export const mailCommands: readonly Command[] = [
  {
    name: 'mail check',
    summary: "looks at the way of mail and the sender's records without sending; exit 1 when one fails",
    example: 'mail check',
    async run(context) {
      const work = (await context.host()).host.checks(context.calls);
      const checks = (await context.terminal.progress('Checking', work)).filter(({ name }) =>
        CHECKS.includes(name),
      );
      context.output.rows(checks, CHECK_COLUMNS);
      return checks.some(({ ok }) => ok === false) ? EXIT.refused : EXIT.done;
    },
  },
  {
    name: 'mail test',
    summary: "sends a test mail and tells every step; with --app through the app's own account",
    example: 'mail test you@example.com',
    arguments: [['<address>', 'who gets it']],
    async run(context, given) {
      const { host } = await context.host();
      const appId = context.globals.app === undefined ? undefined : (await context.app()).appId;
      const work = host.testMail({ to: given.word(0), ...(appId !== undefined && { appId }) }, context.calls);
      const outcome = await context.terminal.progress('Sending', work);
      if (context.output.format === 'json') context.output.record(outcome);
      else context.output.rows(outcome.steps, STEP_COLUMNS);
      context.terminal.line(outcome.ok ? 'The mail was taken.' : 'The mail was not taken, or a step failed.');
      return outcome.ok ? EXIT.done : EXIT.refused;
    },
  },
];
