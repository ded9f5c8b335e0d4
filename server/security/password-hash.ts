import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Events } from '../ports/log/events.ts';
import type { PasswordHasher } from '../ports/security/password-hasher.ts';
import { type Argon2Cost, argon2Cost, argon2Hash, argon2Salting, argon2Verify } from './argon2.ts';
import { bcryptDecoy, bcryptVerify } from './foreign-hashes/bcrypt.ts';
import { asForeign, foreignDecoy, isForeign, parseForeign } from './foreign-hashes/foreign-hashes.ts';
import { HashQueue } from './hash-queue.ts';

const MAX_WAITING = 200;
/** For each core: enough to hash without a pause where the database is 50 ms away. */
const READY = 8;
/** `$2a$`, `$2b$` or `$2y$`, cost 4–12: a cost of 20 would keep a core busy for minutes. */
const BCRYPT = /^\$2[aby]\$(?:0[4-9]|1[0-2])\$[./A-Za-z0-9]{53}$/;

/**
 * See `PasswordHasher`. `parallelism` (default: cores) hashes run at a time, `maxWaiting` wait behind them.
 * `client`: who asks, if anybody; the hash is dropped when he has gone before its turn.
 */
export function createPasswordHasher(input: {
  memoryKib: number;
  passes: number;
  events: Pick<Events, 'emit'>;
  parallelism?: number;
  maxWaiting?: number;
  client?: () => { readonly gone: boolean } | undefined;
}): PasswordHasher {
  const { memoryKib, passes, events, parallelism = availableParallelism(), maxWaiting = MAX_WAITING } = input;
  const { client = () => undefined } = input;
  const cost: Argon2Cost = { memoryKib, passes };
  const queue = new HashQueue(
    { running: parallelism, ready: parallelism * READY, waiting: maxWaiting },
    events,
  );
  const decoyHash = decoy(cost);
  const decoys = new Map<string, string>();
  const queued = <T>(job: () => Promise<T>) => queue.run(job, client());

  return {
    decoyHash,
    get waiting() {
      return queue.waiting;
    },
    inTurn: (work) => queue.inTurn(work, client()),
    giveWay: () => queue.giveWay(client()),
    hash(password, alongside = []) {
      const like = alongside.map(argon2Salting).find((salting) => salting !== undefined);
      return queued(() => argon2Hash(password, like ?? cost));
    },
    areComparable(one, other) {
      const [first, second] = [one, other].map((stored) => argon2Cost(stored) && beforeDigest(stored));
      return first !== undefined && first === second;
    },
    matches(password, stored) {
      return queued(async () => {
        if (BCRYPT.test(stored)) return bcryptVerify(password, stored);
        const foreign = parseForeign(stored);
        if (foreign) return foreign.matches(password);
        // Unreadable ones cost as much as the others, so that the time does not tell them apart.
        return argon2Verify(argon2Cost(stored) ? stored : decoyHash, password);
      });
    },
    isUsable: (stored) => kindOf(stored) !== undefined,
    inputOf: (stored) => (isForeign(stored) ? 'clear' : 'md5'),
    ofClear: asForeign,
    kindOf,
    decoyOf(kind) {
      const known = decoys.get(kind);
      if (known !== undefined) return known;
      const made = decoyOfKind(kind);
      if (made === undefined) return decoyHash;
      decoys.set(kind, made);
      return made;
    },
    needsRehash(stored) {
      const used = argon2Cost(stored);
      return used === undefined || used.memoryKib < memoryKib || used.passes < passes;
    },
  };
}

/** Of a PHC string: algorithm, version, parameters and salt. */
function beforeDigest(stored: string): string {
  return stored.slice(0, stored.lastIndexOf('$'));
}

function kindOf(stored: string): string | undefined {
  if (BCRYPT.test(stored)) return `bcrypt-${stored.slice(4, 6)}`;
  if (isForeign(stored)) return parseForeign(stored)?.kind;
  const cost = argon2Cost(stored);
  return cost && `argon2id-${cost.memoryKib}-${cost.passes}`;
}

function decoyOfKind(kind: string): string | undefined {
  if (isForeign(kind)) return foreignDecoy(kind);
  const [, name, first = '', second] = /^(bcrypt|argon2id)-(\d+)(?:-(\d+))?$/.exec(kind) ?? [];
  if (!name) return undefined;
  const made =
    name === 'bcrypt' ? bcryptDecoy(first) : decoy({ memoryKib: Number(first), passes: Number(second) });
  return kindOf(made) === kind ? made : undefined;
}

/** A PHC string whose digest was drawn, not computed: no password has it, checking it costs a full hash. */
function decoy({ memoryKib, passes }: Argon2Cost): string {
  const part = (bytes: number) => randomBytes(bytes).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${part(16)}$${part(32)}`;
}
