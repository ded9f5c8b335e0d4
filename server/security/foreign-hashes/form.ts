import { randomBytes, timingSafeEqual } from 'node:crypto';

/** A hash that another system made of the password as it was typed. */
export interface ForeignHash {
  /** The algorithm, then the numbers that say what it costs, joined by dashes. */
  readonly kind: string;
  matches(text: string): Promise<boolean>;
}

/** One way to write such hashes. */
export interface ForeignForm {
  /** The first part of its kinds. */
  readonly names: readonly string[];
  /** Undefined for another form, and for parameters beyond what a log-in may cost. */
  parse(stored: string): ForeignHash | undefined;
  /** A hash of that kind whose digest was drawn. */
  decoy(name: string, cost: readonly number[]): string;
}

/** Shorter digests match by chance, longer ones only cost. */
export function isDigest(bytes: Buffer): boolean {
  return bytes.length >= 16 && bytes.length <= 64;
}

/** In constant time; false where the lengths differ. */
export function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** So many drawn bytes in base64. */
export function drawn(bytes: number): string {
  return randomBytes(bytes).toString('base64');
}
