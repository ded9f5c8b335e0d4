import type { MoveInFormat } from './data.ts';

/** As much of a file as is looked at. */
const LOOKED_BYTES = 256 * 1024;
const SQLITE = 'SQLite format 3\0';
const ZIP = 'PK\u0003\u0004';
/** The name of a member, or of a text that is none: nobody minds. */
const MEMBER = /"([^"\\]{1,64})"\s*:/g;
/** How Auth0 begins its ids. */
const AUTH0_ID = /["',](?:auth0|google-oauth2|apple|facebook|windowslive|samlp|sms|email)\|/;
/** Firebase writes its CSV without a header line. */
const FIREBASE_CSV = /^[\w-]{1,128},[^,\s]*@[^,\s]*,(?:true|false),/;

/** Names of members or columns that stand together in files of one system alone; each list is a sign. */
const SIGNS: Readonly<Record<MoveInFormat, readonly (readonly string[])[]>> = {
  firebase: [['localId']],
  auth0: [['$oid', 'passwordHash']],
  supabase: [
    ['encrypted_password', 'email_confirmed_at'],
    ['encrypted_password', 'raw_user_meta_data'],
  ],
  pocketbase: [['collectionId', 'collectionName']],
  keycloak: [['credentialData'], ['createdTimestamp', 'username'], ['realm', 'sslRequired']],
  'better-auth': [
    ['emailVerified', 'image', 'createdAt', 'updatedAt'],
    ['email_verified', 'image', 'created_at', 'updated_at'],
    ['providerId', 'accountId', 'userId'],
  ],
  supertokens: [['loginMethods'], ['password_hash', 'time_joined']],
  appwrite: [
    ['$id', 'hashOptions'],
    ['$id', 'emailVerification'],
  ],
  clerk: [['password_digest', 'password_hasher'], ['primary_email_address'], ['verified_email_addresses']],
  cognito: [['cognito:username'], ['UserStatus', 'UserCreateDate']],
  parse: [['_hashed_password'], ['objectId', 'sessionToken'], ['objectId', 'authData']],
  cosync: [],
};

/**
 * Which system wrote a file of people, by its beginning; undefined where that says nothing, or more than one
 * thing. A guess: to be told to whoever says that it is another.
 */
export async function looksLike(file: Blob): Promise<MoveInFormat | undefined> {
  const bytes = await beginningOf(file);
  const raw = new TextDecoder('latin1').decode(bytes);
  if (raw.startsWith(SQLITE)) return raw.includes('_collections') ? 'pocketbase' : undefined;
  if (raw.startsWith(ZIP)) return raw.includes('-collection.csv') ? 'cosync' : undefined;
  const text = new TextDecoder().decode(bytes).trimStart();
  const names = namesIn(text);
  const found = new Set<MoveInFormat>();
  for (const [format, signs] of Object.entries(SIGNS)) {
    if (signs.some((sign) => sign.every((name) => names.has(name)))) found.add(format as MoveInFormat);
  }
  if (AUTH0_ID.test(text)) found.add('auth0');
  if (FIREBASE_CSV.test(text)) found.add('firebase');
  const [one, ...others] = found;
  return others.length === 0 ? one : undefined;
}

/** The members of a JSON text, or the columns of a CSV file. */
function namesIn(text: string): ReadonlySet<string> {
  if (/^[[{]/.test(text)) return new Set([...text.matchAll(MEMBER)].map(([, name = '']) => name));
  const [header = ''] = text.split('\n', 1);
  return new Set(header.split(/[,;]/).map((name) => name.trim().replaceAll('"', '')));
}

/** The first bytes, unpacked where they were packed with gzip. */
async function beginningOf(file: Blob): Promise<Uint8Array> {
  const first = file.slice(0, LOOKED_BYTES);
  const bytes = new Uint8Array(await first.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Uint8Array(LOOKED_BYTES);
  let length = 0;
  try {
    const stream = first.stream().pipeThrough(new DecompressionStream('gzip'));
    // It ends with an error, for it breaks off; what came before counts.
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      const part = chunk.subarray(0, LOOKED_BYTES - length);
      unpacked.set(part, length);
      length += part.length;
      if (length === LOOKED_BYTES) break;
    }
  } catch {}
  return unpacked.subarray(0, length);
}
