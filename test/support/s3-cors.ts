import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { S3Place } from '../../server/model/asset.ts';

/** A rule in the form that consoles of AWS and others take. */
export type CorsRule = Record<
  'AllowedOrigins' | 'AllowedMethods' | 'AllowedHeaders' | 'ExposeHeaders',
  string[]
>;

const EVERYBODY: CorsRule = {
  AllowedOrigins: ['*'],
  AllowedMethods: ['GET', 'HEAD', 'PUT'],
  AllowedHeaders: ['*'],
  ExposeHeaders: ['ETag'],
};

/** Lets pages read and write a bucket by signed addresses: what its owner sets once. */
export async function allowPages(place: S3Place, rules: CorsRule = EVERYBODY): Promise<void> {
  const { endpoint, bucket, region, keyId, secret } = place;
  const rule = Object.entries(rules)
    .flatMap(([names, values]) => values.map((value) => [names.replace(/s$/, ''), value] as const))
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
  const body = `<CORSConfiguration><CORSRule>${rule}</CORSRule></CORSConfiguration>`;
  const signer = new AwsClient({
    accessKeyId: keyId,
    secretAccessKey: secret,
    region,
    service: 's3',
    retries: 0,
  });
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  const answer = await signer.fetch(`${endpoint}/${bucket}?cors`, { method: 'PUT', body, headers });
  assert.equal(answer.status, 200, await answer.text());
}
