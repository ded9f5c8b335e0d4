import { setTimeout as pause } from 'node:timers/promises';
import { eachRow, type LogFilter, type LogRow } from '../../client/host/index.ts';
import { systemClock } from '../../server/security/clock.ts';
import { type Command, LIST_OPTIONS } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Column } from '../output/table.ts';
import { sinceText } from '../since.ts';

const ROWS_BEFORE = 20;
const EVERY_MS = 2_000;
/** Rows are written in batches, and not in their order. */
const OVERLAP_MS = 60_000;

const COLUMNS: readonly Column<LogRow>[] = [
  { title: 'time', of: ({ createdAt }) => createdAt },
  { title: 'status', of: ({ status }) => status },
  { title: 'action', of: ({ action }) => action },
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'value', of: ({ value }) => value },
  { title: 'by', of: ({ by }) => by },
];

export const logCommands: readonly Command[] = [
  {
    name: 'logs',
    summary: 'the log of the app, newest first; --follow goes on with what comes',
    example: 'logs --follow --action login --since 2h',
    options: [
      ...LIST_OPTIONS,
      ['--follow', 'print the last rows, oldest first, and then what comes'],
      ['--action <actions>', 'only these, comma-separated'],
      ['--handle <handle>', 'of this user'],
      ['--status <status>', 'success or error'],
      ['--since <time>', '90m, 2h, 7d, or an ISO time'],
    ],
    async run(context, given) {
      const since = given.text('since');
      const filter: Omit<LogFilter, 'appId'> = {
        filterAction: given.text('action'),
        handle: given.text('handle'),
        status: given.text('status') as LogFilter['status'],
        fromDate: since === undefined ? undefined : sinceText(since, systemClock.now()),
      };
      const { appId } = await context.app();
      if (given.flag('follow')) return follow(context, { appId, ...filter });
      const { logs } = await context.host();
      await context.output.list({
        page: (paging) => logs.list({ appId, ...filter, ...paging }),
        columns: COLUMNS,
        all: given.flag('all'),
        after: given.text('after'),
        empty: 'No such row.',
      });
      return EXIT.done;
    },
  },
];

/** Ends with the process alone. */
async function follow(context: Context, filter: LogFilter): Promise<never> {
  if (context.output.format === 'json')
    throw new CliError(EXIT.usage, '--follow never ends.', '--jsonl instead of --json');
  const { logs } = await context.host();
  const { rows } = await logs.list({ ...filter, limit: ROWS_BEFORE });
  let seen = new Map(rows.map(({ _id, createdAt }) => [_id, Date.parse(createdAt)]));
  const print = context.output.follow(COLUMNS);
  print(rows.toReversed());
  for (;;) {
    await pause(EVERY_MS);
    const newest = Math.max(0, ...seen.values());
    const from = newest - OVERLAP_MS;
    const fromDate = newest === 0 ? filter.fromDate : new Date(from).toISOString();
    const fresh: LogRow[] = [];
    for await (const row of eachRow((paging) => logs.list({ ...filter, fromDate, ...paging }))) {
      if (!seen.has(row._id)) fresh.push(row);
    }
    for (const { _id, createdAt } of fresh) seen.set(_id, Date.parse(createdAt));
    seen = new Map([...seen].filter(([, at]) => at >= from));
    print(fresh.toReversed());
  }
}
