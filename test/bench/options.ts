import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Of one round of one scenario. */
  seconds: number;
  /** Callers at a time, each with a connection of its own. */
  connections: number;
  rounds: number;
  stores: readonly ('sqlite' | 'mongodb')[];
  /** Above the usual 1,000: compares a store of this size with one of 1,000 and does nothing else. */
  users: number;
}

/** Users of the usual data set. */
export const USUAL_USERS = 1_000;

/** Throws a `TypeError` for an option that makes no sense. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '1' },
      connections: { type: 'string', default: '32' },
      rounds: { type: 'string', default: '2' },
      store: { type: 'string', default: 'both' },
      users: { type: 'string', default: String(USUAL_USERS) },
    },
  });
  const { store } = values;
  if (store !== 'sqlite' && store !== 'mongodb' && store !== 'both') {
    throw new TypeError('--store is sqlite, mongodb or both');
  }
  return {
    seconds: positive('seconds', values.seconds),
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
