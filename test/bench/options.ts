import { parseArgs } from 'node:util';

const HELP = `npm run bench -- [options]

Figures of the whole host beside what this machine does without one, as a table and as JSON under test/results/.
Without options: both stores in less than five minutes.

  --store sqlite|mongodb|both  (both; MongoDB needs MONGOMS_SYSTEM_BINARY or TEST_MONGODB_URI)
  --seconds N                  of one round of one scenario (0.5)
  --rounds N                   host and limit in turn; the table shows the median (3)
  --connections N              callers at a time (32)
  --mix-seconds N              how long the mix of calls lasts before the memory is read (three rounds)
  --users N                    above 1,000: compares a store of N users with one of 1,000, and nothing else
  --help                       this text
`;

export interface BenchOptions {
  /** Of one round of one scenario. */
  seconds: number;
  /** Callers at a time, each with a connection of its own. */
  connections: number;
  rounds: number;
  mixSeconds: number;
  stores: readonly ('sqlite' | 'mongodb')[];
  /** Above the usual 1,000: compares a store of this size with one of 1,000 and does nothing else. */
  users: number;
}

/** Users of the usual data set. */
export const USUAL_USERS = 1_000;

/** Answers the help text when it is asked for. Throws a `TypeError` for an option that makes no sense. */
export function benchOptions(args: readonly string[]): BenchOptions | string {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '0.5' },
      'mix-seconds': { type: 'string' },
      connections: { type: 'string', default: '32' },
      rounds: { type: 'string', default: '3' },
      store: { type: 'string', default: 'both' },
      users: { type: 'string', default: String(USUAL_USERS) },
    },
  });
  if (values.help) return HELP;
  const { store } = values;
  if (store !== 'sqlite' && store !== 'mongodb' && store !== 'both') {
    throw new TypeError('--store is sqlite, mongodb or both');
  }
  const seconds = positive('seconds', values.seconds);
  return {
    seconds,
    mixSeconds: positive('mix-seconds', values['mix-seconds'] ?? String(seconds * 3)),
    connections: positive('connections', values.connections),
    rounds: positive('rounds', values.rounds),
    stores: store === 'both' ? ['sqlite', 'mongodb'] : [store],
    users: positive('users', values.users),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`--${name} is a number above 0`);
  return value;
}
