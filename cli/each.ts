import { HostClientError } from '../client/host/index.ts';
import type { Context } from './context.ts';
import { CliError, EXIT } from './exit.ts';
import { explain } from './explain.ts';
import { Counter } from './output/counter.ts';
import type { Column } from './output/table.ts';

/**
 * Does something for each of several, one after another. Who is refused or unknown is named and the others
 * are done all the same; the exit code is 1 then. What concerns all of them, such as a host that is gone, is
 * thrown.
 */
export async function forEach<T, R extends object>(
  context: Context,
  things: readonly T[],
  {
    work,
    columns,
    sentence,
  }: { work: (thing: T) => Promise<R>; columns: readonly Column<R>[]; sentence: (row: R) => string },
): Promise<number> {
  const rows: R[] = [];
  const counter = new Counter(context.terminal, things.length);
  let exitCode: number = EXIT.done;
  for (const thing of things) {
    try {
      rows.push(await work(thing));
    } catch (error) {
      const told = explain(error, context.found);
      if (!concernsOne(error) || told.exitCode === EXIT.tryAgain) throw error;
      exitCode = EXIT.refused;
      counter.clear();
      context.terminal.line(`${context.terminal.style('red', 'cosync:')} ${told.lines[0]}`);
    }
    counter.add();
  }
  counter.clear();
  const [only] = rows;
  if (context.output.format === 'text') for (const row of rows) context.output.done(sentence(row), row);
  else if (only && things.length === 1) context.output.record(only);
  else context.output.rows(rows, columns);
  return exitCode;
}

function concernsOne(error: unknown): boolean {
  return error instanceof CliError || (error instanceof HostClientError && error.kind === 'refused');
}
