import type { S3Place } from '../model/asset.ts';
import type { StorageStepName } from '../ports/assets/asset-storage.ts';
import type { StepCause } from '../ports/delivery/walk.ts';
import { bucketAddress } from './bucket.ts';

/** By what a storage, or the host itself, calls the refusal. */
const BY_CODE: Readonly<Record<string, (place: S3Place) => string>> = {
  private: () =>
    'Set ASSET_PRIVATE_ENDPOINTS=true on the host if the storage may lie in a private network; else correct assetEndpoint.',
  forbidden: () => 'Correct assetEndpoint: it leads to an address that no storage has.',
  httpsOnly: () => 'Write assetEndpoint with https: without it only this very machine is asked.',
  InvalidAccessKeyId: unknownKey,
  XAdminUserNotFound: unknownKey,
  SignatureDoesNotMatch: () => 'Correct assetSecret: it is not the secret of assetKeyId.',
  NoSuchBucket: ({ bucket }) => `Correct assetBucket, or make the bucket ${bucket}: the storage has none.`,
  AuthorizationHeaderMalformed: wrongRegion,
  PermanentRedirect: wrongRegion,
  TemporaryRedirect: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  '301': wrongRegion,
  '307': wrongRegion,
  RequestTimeTooSkewed: () => 'Set the clock of this machine: the storage has another time.',
  unlike: () => 'Use a storage that speaks S3: it took the object and tells of another.',
  stays: () => 'Take away what keeps removed objects there: an object lock, or rules of the bucket.',
};

/** Rights by the step they are needed for. */
const RIGHTS: Partial<Record<StorageStepName, string>> = {
  auth: 's3:ListBucket on the bucket',
  put: 's3:PutObject on its objects',
  head: 's3:GetObject on its objects',
  get: 's3:GetObject on its objects',
  delete: 's3:DeleteObject on its objects',
};

/** One sentence on what to do about a step that did not hold. `code`: the refusal's name, if it has one. */
export function repairOf(step: StorageStepName, cause: StepCause, code: string, place: S3Place): string {
  const known = BY_CODE[code];
  if (known) return known(place);
  const { host } = new URL(bucketAddress(place));
  const right = RIGHTS[step];
  if (right && /^(?:AccessDenied|Unauthorized|UnauthorizedAccess|Forbidden|401|403)$/.test(code))
    return `Give the key the right ${right}, or correct assetKeyId and assetSecret.`;
  if (right && code === '404') return 'Correct assetEndpoint and assetBucket: no storage answers there.';
  switch (`${step}/${cause}`) {
    case 'dns/absent':
      return `Correct assetEndpoint or assetRegion: nobody knows ${host}.`;
    case 'dns/silent':
      return 'Check the name servers of this machine (/etc/resolv.conf): none answers.';
    case 'tcp/refused':
      return `Check assetEndpoint: nothing listens at ${host}. Is the storage running?`;
    case 'tcp/silent':
      return `Check assetEndpoint and firewalls: ${host} does not answer.`;
    case 'tcp/unreachable':
      return 'Check the network of this machine: there is no way to the storage.';
    case 'tls/no_tls':
      return 'Check assetEndpoint: no TLS is spoken there.';
    case 'tls/certificate_name':
      return 'Use the name in assetEndpoint that the certificate is made out to.';
    case 'tls/certificate_chain':
      return 'Give the storage a certificate that an authority known to this machine vouches for, with its chain, or name that authority in NODE_EXTRA_CA_CERTS.';
    case 'tls/certificate_expired':
      return 'Renew the certificate of the storage.';
  }
  if (cause === 'silent')
    return 'See to the storage: it takes connections and does not answer. Then try again.';
  if (cause === 'refused')
    return "Look the refusal up with the storage's provider, and check endpoint, bucket, region and key.";
  return 'Try again later, and ask the provider of the storage if it stays.';
}

function unknownKey(): string {
  return 'Correct assetKeyId: the storage does not know that key.';
}

function wrongRegion({ region }: S3Place): string {
  return `Correct assetRegion: the bucket does not lie in ${region}.`;
}
