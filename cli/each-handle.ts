import type { HostClient } from '../client/host/index.ts';
import type { Command } from './command.ts';
import { forEach } from './each.ts';
import type { Column } from './output/table.ts';

interface Done {
  handle: string;
  action: string;
}

const COLUMNS: readonly Column<Done>[] = [
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'action', of: ({ action }) => action },
];

/** A command that does the same to every handle it is given, of somebody who is no user yet. */
export function eachHandle({
  name,
  summary,
  who,
  work,
  sentence,
}: Pick<Command, 'name' | 'summary'> & {
  who: string;
  /** Answers true, or a row that says how the handle is spelled. */
  work: (host: HostClient, named: { appId: string; handle: string }) => Promise<true | { handle: string }>;
  sentence: (handle: string) => string;
}): Command {
  const [, action = ''] = name.split(' ');
  return {
    name,
    summary,
    example: `${name} anna@example.com`,
    arguments: [['<handles...>', who]],
    async run(context, given) {
      const { appId } = await context.app();
      const host = await context.host();
      return forEach(context, given.words, {
        work: async (handle) => {
          const done = await work(host, { appId, handle });
          return { handle: done === true ? handle : done.handle, action };
        },
        columns: COLUMNS,
        sentence: (done: Done) => sentence(done.handle),
      });
    },
  };
}
