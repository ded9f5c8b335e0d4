import type { Asset } from '../../model/asset.ts';
import { cellOf, dateCell } from './cells.ts';

/** What an export says of a file; the file itself is not in it, and an import makes nothing of the row. */
export const ASSET_COLUMNS = [
  { name: '_id', write: ({ id }: Asset) => id },
  column('appId'),
  column('userId'),
  column('path'),
  column('contentType'),
  column('size'),
  column('storageSize'),
  column('storage'),
  column('duration'),
  column('color'),
  column('xRes'),
  column('yRes'),
  column('caption'),
  column('extra'),
  column('expirationHours'),
  column('access'),
  column('status'),
  { name: 'cuts', write: ({ parts }: Asset) => cellOf(Object.keys(parts).filter((part) => part !== 'main')) },
  { name: 'createdAt', write: ({ createdAt }: Asset) => dateCell(createdAt) },
  { name: 'updatedAt', write: ({ updatedAt }: Asset) => dateCell(updatedAt) },
];

function column(name: keyof Asset & string) {
  return { name: name as string, write: (asset: Asset) => cellOf(asset[name]) };
}
