import type { AssetObject } from '../../model/asset.ts';
import type { AssetStorage } from './asset-storage.ts';

/** All that the signature of an address covers; type and size where something may be written. */
export interface AddressClaim {
  use: 'read' | 'write';
  object: AssetObject;
  end: number;
  contentType?: string | undefined;
  size?: number | undefined;
}

/** Bytes that arrive for an object. */
export interface Arrival {
  /** Where they begin; what is before was received earlier. */
  from: number;
  contentType: string;
  /** Bytes of the whole object, where it is known; else at most `most`. */
  size: number | undefined;
  most: number;
  bytes: AsyncIterable<Uint8Array>;
  /**
   * Whether it may still be written: asked while bytes come, when they have come, and once more when they
   * have their place. `taken`: an asset was made of what is there; `gone`: nobody wants it.
   */
  state(): Promise<'open' | 'taken' | 'gone'>;
}

/**
 * How a reception ended. `elsewhere`: what is there does not end where the bytes begin; `busy`: so many
 * others receive the same object.
 */
export type Reception = 'whole' | 'partial' | 'too_large' | 'elsewhere' | 'busy' | 'no_room' | 'closed';

/** Files below the data folder, which the host itself takes and serves. */
export interface LocalAssets extends AssetStorage {
  /** Whether the host made this address; whether it has ended is not looked at. */
  isSigned(claim: AddressClaim, signature: string): boolean;
  /** Bytes of an upload that broke off, from which it may go on. */
  received(object: AssetObject): Promise<number>;
  /** Takes bytes; what is whole replaces what was there, at once. What broke off is kept for a while. */
  receive(object: AssetObject, arrival: Arrival): Promise<Reception>;
  /**
   * The bytes from `start` to `end`, both inclusive; undefined when the file is gone, or not of that size.
   */
  read(
    object: AssetObject,
    kept: { contentType: string; size: number },
    range: { start: number; end: number },
  ): Promise<NodeJS.ReadableStream | undefined>;
  /** Removes what uploads left that nobody goes on with. */
  sweep(now: number): Promise<void>;
}
