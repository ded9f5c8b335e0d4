import type { Asset, AssetPart } from '../../model/asset.ts';

/** An asset with the addresses of its parts; `expiration`: when they end, absent of a public one. */
export interface OpenedAsset {
  asset: Asset;
  urls: Partial<Record<AssetPart, string>>;
  expiration: number | undefined;
}

/** A reservation with the addresses that its parts may be written to. */
export interface WritableAsset {
  asset: Asset;
  urls: Partial<Record<AssetPart, string>>;
  /** Of the main object; a cut goes with its own type. */
  headers: Record<string, string>;
}
