import { hash, hashRaw, parseOptions, verify } from '@node-rs/argon2';
import { PASSWORD_HASH_MAX } from '../model/config.ts';

// The package declares these as a `const enum`, which does not exist at run time.
const ARGON2ID = 2;
/** A shorter digest would match by chance. */
const MIN_DIGEST_BYTES = 16;

/** Cost parameters of Argon2id (RFC 9106); one lane. */
export interface Argon2Cost {
  memoryKib: number;
  passes: number;
}

/** What a stored hash was made with besides the password. */
export interface Argon2Salting extends Argon2Cost {
  salt: Buffer;
  digestBytes: number;
}

/** A PHC string, with a random salt unless one is given. Runs on the thread pool. */
export function argon2Hash(password: string, cost: Argon2Cost | Argon2Salting): Promise<string> {
  const salting = 'salt' in cost && { salt: cost.salt, outputLen: cost.digestBytes };
  return hash(password, { ...options(cost), ...salting });
}

/** Rejects for what `argon2Cost` does not accept. */
export function argon2Verify(stored: string, password: string): Promise<boolean> {
  return verify(stored, password);
}

/** Variant, memory in KiB, passes and lanes of any PHC string of Argon2; undefined for what is none. */
export function argon2Parameters(
  stored: string,
): { algorithm: number; memoryCost: number; timeCost: number; parallelism: number } | undefined {
  try {
    return parseOptions(stored);
  } catch {
    return undefined;
  }
}

/** What a stored hash costs; undefined when it is no Argon2id PHC string, or one of absurd cost. */
export function argon2Cost(stored: string): Argon2Cost | undefined {
  try {
    const { algorithm, memoryCost, timeCost, parallelism, outputLen } = parseOptions(stored);
    if (algorithm !== ARGON2ID || parallelism !== 1 || outputLen < MIN_DIGEST_BYTES) return undefined;
    if (memoryCost > PASSWORD_HASH_MAX.memoryKib || timeCost > PASSWORD_HASH_MAX.passes) return undefined;
    return { memoryKib: memoryCost, passes: timeCost };
  } catch {
    return undefined;
  }
}

/** How to hash another password so that the two can be compared; undefined where `argon2Cost` is. */
export function argon2Salting(stored: string): Argon2Salting | undefined {
  const cost = argon2Cost(stored);
  const salt = stored.split('$').at(-2);
  if (!cost || !salt) return undefined;
  return { ...cost, salt: Buffer.from(salt, 'base64'), digestBytes: parseOptions(stored).outputLen };
}

/** 32 bytes of key material from a text, the same for the same text, salt and cost. */
export function argon2Key(text: string, salt: Buffer, cost: Argon2Cost): Promise<Buffer> {
  return hashRaw(text, { ...options(cost), salt });
}

function options({ memoryKib, passes }: Argon2Cost) {
  return {
    algorithm: ARGON2ID,
    memoryCost: memoryKib,
    timeCost: passes,
    parallelism: 1,
    outputLen: 32,
  };
}
