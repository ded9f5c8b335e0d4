import { randomBytes } from 'node:crypto';

/** One call into the system's generator costs as much as several ids; a pool serves a few hundred. */
const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);
let used = 0;

/** Random bytes (at most 4,096), each handed out once. */
export function takeRandom(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    // A new buffer: parts of the old one may still be in use.
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += bytes;
  return pool.subarray(used - bytes, used);
}
