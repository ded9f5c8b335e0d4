import type { LimitName } from './limits.ts';
import type { Traffic } from './traffic.ts';

/** A figure that is wanted: of both stores, or of each. */
export type Wanted = number | { sqlite: number; mongodb: number };

/** One kind of call, measured against what the machine can do without a host. */
export interface Scenario {
  name: string;
  traffic: Traffic;
  /** Cores the host gets. */
  cores: 1 | 2;
  limit: LimitName | 'koa';
  /** At most so many callers. */
  connections?: number;
  /** At least so long a round. */
  seconds?: number;
  /** Least share of the limit; absent where the limit only gives the scale. */
  target?: Wanted;
}

const COUNTED_IN_HASHES: Scenario[] = [
  { name: 'password login', traffic: 'login', cores: 1, limit: 'hash and two signatures', target: 0.88 },
  { name: 'signup, flow none', traffic: 'signup', cores: 1, limit: 'hash and two signatures', target: 0.8 },
];

export const SCENARIOS: readonly Scenario[] = [
  { name: 'JWKS', traffic: 'jwks', cores: 1, limit: 'koa', target: 0.6 },
  { name: 'getApplication', traffic: 'getApplication', cores: 1, limit: 'koa', target: 0.45 },
  {
    name: 'token check (getUser)',
    traffic: 'getUser',
    cores: 1,
    limit: 'koa',
    target: { sqlite: 0.3, mongodb: 0.2 },
  },
  {
    name: 'completeSignup',
    traffic: 'completeSignup',
    cores: 1,
    limit: 'durable insert',
    target: 0.25,
  },
  ...COUNTED_IN_HASHES,
  {
    name: 'first login of an imported user',
    traffic: 'first login of imported users',
    cores: 1,
    limit: 'bcrypt and hash',
    // Each waits in line for two hashes: with more callers the first answers come when the round is over.
    connections: 2,
    seconds: 1,
    target: 0.9,
  },
  ...COUNTED_IN_HASHES.map((scenario) => ({ ...scenario, cores: 2 as const })),
];

export function limitFor(store: string, wanted: Wanted | undefined): number | undefined {
  return typeof wanted === 'object' ? wanted[store === 'mongodb' ? 'mongodb' : 'sqlite'] : wanted;
}
