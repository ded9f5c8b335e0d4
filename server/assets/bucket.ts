import type { S3Place } from '../model/asset.ts';

/** Names that buckets have: one segment of a path, and nothing that a path would read as another. */
const BUCKET = /^[a-z\d][\w.-]{0,253}[a-z\d]$/i;
/** A bucket whose name may stand in a host name. */
const LABEL = /^[a-z\d][a-z\d-]{1,61}[a-z\d]$/;
const REGION = /^[a-z\d](?:[a-z\d-]{0,38}[a-z\d])?$/i;

/**
 * What is to be corrected in the settings before a bucket can be asked: the names of what is missing or not
 * what it should be.
 */
export function faultsOf({ bucket, region, keyId, secret }: S3Place): string[] {
  return [
    ...(BUCKET.test(bucket) ? [] : ['assetBucket']),
    ...(REGION.test(region) ? [] : ['assetRegion']),
    ...(keyId === '' ? ['assetKeyId'] : []),
    ...(secret === '' ? ['assetSecret'] : []),
  ];
}

/** Where a bucket is asked, without a slash at the end: AWS by a host name of its own, others by a path. */
export function bucketAddress({ bucket, region, endpoint }: S3Place): string {
  if (endpoint !== undefined) {
    const { origin, pathname } = new URL(endpoint);
    return `${origin}${withoutSlash(pathname)}/${bucket}`;
  }
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return LABEL.test(bucket) ? `https://${bucket}.${host}` : `https://${host}/${bucket}`;
}

/** The address of an object below that of its bucket, or below any other. */
export function objectAddress(base: string, key: string): string {
  return `${withoutSlash(base)}/${key.split('/').map(encodeSegment).join('/')}`;
}

/** All but what RFC 3986 §2.3 leaves as it is, so that every server reads one name. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function withoutSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}
