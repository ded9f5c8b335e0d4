import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openEncryptedKey, openEncryptedKeyAside } from './encrypted-key.ts';
import { thumbprint } from './public-jwk.ts';
import { type RsaPair, rsaPairProblem } from './rsa-pair.ts';

export type HostKeyProblem =
  | 'missing'
  | 'pass phrase'
  | 'mismatch'
  | 'malformed'
  | 'not encrypted'
  | 'sample key';

const REPAIRS: Record<HostKeyProblem, string> = {
  missing:
    'put the file back, from where it lay or from a backup, or correct PRIVATE_KEY_FILE and PUBLIC_KEY_FILE and the rights of the files',
  'pass phrase':
    'give the pass phrase the key was encrypted with as PASS_KEY or PASS_KEY_FILE; if it is the right one, the file is damaged: restore it',
  mismatch: 'put the two files of one pair in place, or make the public one anew: openssl rsa -in … -pubout',
  malformed: 'restore the file from a backup, or make a pair of at least 2048 bit with npx setup',
  'not encrypted': 'encrypt it: openssl rsa -aes256 -in … -out …',
  'sample key': 'make a pair of your own with npx setup: everybody knows the private half of this one',
};

/** Why the host key cannot be used. Holds neither the pass phrase nor anything of the key. */
export class HostKeyError extends Error {
  override readonly name = 'HostKeyError';
  readonly kind: HostKeyProblem;
  /** The file to look at. */
  readonly file: string;
  /** What the operator can do. */
  readonly repair: string;
  constructor(kind: HostKeyProblem, file: string, problem: string) {
    super(`${file} ${problem}`);
    this.kind = kind;
    this.file = file;
    this.repair = REPAIRS[kind];
  }
}

// Thumbprints of key pairs whose private halves are printed in documentation: RFC 7515 A.2, RFC 7517 A.2 and
// jwt.io.
const SAMPLE_KEYS: ReadonlySet<string> = new Set([
  'IsUn6_e04MaShXFIISMp4kG62LWzMIPy_MvSA5pJgX8',
  'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  'oGDmHqCJ7yzMkWEkrlZVHkvrHIyQwtlDmeq5ForUHeY',
]);
// Node forgives text around and blanks inside a PEM block; a flipped bit there should not pass unseen.
const PEM =
  /^-----BEGIN ([A-Z ]+)-----\r?\n(?:[A-Z][A-Za-z-]+: [\w,-]+\r?\n)*(?:\r?\n)?(?:[A-Za-z0-9+/]+={0,2}\r?\n)+-----END \1-----[\r\n]*$/;
const ENCRYPTED = /^(-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)\r?$/m;

interface KeyFiles {
  privateKeyFile: string;
  publicKeyFile: string;
  passPhrase: string;
}

/**
 * Reads the host's key pair once: an encrypted private key (PKCS#8, or PKCS#1 as openssl makes it) and its
 * SPKI public key, RSA of at least 2048 bit. Throws `HostKeyError`. Takes up to half a second, the price of
 * the key's own derivation.
 */
export function loadHostKey(input: KeyFiles): RsaPair {
  const { privatePem, publicKey } = readFiles(input);
  return soundPair(input, { publicKey, privateKey: openEncryptedKey(privatePem, input.passPhrase) });
}

/** As `loadHostKey`, with the derivation beside whatever else there is to do. */
export async function loadHostKeyAside(input: KeyFiles): Promise<RsaPair> {
  const { privatePem, publicKey } = readFiles(input);
  return soundPair(input, {
    publicKey,
    privateKey: await openEncryptedKeyAside(privatePem, input.passPhrase),
  });
}

function readFiles({ privateKeyFile, publicKeyFile }: KeyFiles) {
  const privatePem = readPem(privateKeyFile);
  const publicKey = openPublicKey(readPem(publicKeyFile), publicKeyFile);
  if (!ENCRYPTED.test(privatePem))
    throw new HostKeyError('not encrypted', privateKeyFile, 'is not encrypted');
  return { privatePem, publicKey };
}

function soundPair(
  { privateKeyFile, publicKeyFile }: KeyFiles,
  { privateKey, publicKey }: Pick<RsaPair, 'publicKey'> & { privateKey: KeyObject | undefined },
): RsaPair {
  // A wrong phrase and a damaged file cannot be told apart: now and then the former decrypts to something.
  if (!privateKey) throw new HostKeyError('pass phrase', privateKeyFile, 'does not open with PASS_KEY');
  switch (rsaPairProblem({ privateKey, publicKey })) {
    case 'weak':
      throw new HostKeyError('malformed', privateKeyFile, 'is no RSA key of at least 2048 bit');
    case 'mismatch':
      throw new HostKeyError('mismatch', publicKeyFile, `does not belong to ${privateKeyFile}`);
    case 'damaged':
      throw new HostKeyError('malformed', privateKeyFile, 'is damaged');
  }
  return { privateKey, publicKey };
}

function readPem(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new HostKeyError('missing', file, 'cannot be read');
  }
  if (!PEM.test(text)) throw new HostKeyError('malformed', file, 'is no PEM file');
  return text;
}

function openPublicKey(pem: string, file: string): KeyObject {
  // `createPublicKey` would derive a public key from a private one that was put here by mistake.
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) {
    throw new HostKeyError('malformed', file, 'holds no public key (BEGIN PUBLIC KEY)');
  }
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey(pem);
  } catch {
    throw new HostKeyError('malformed', file, 'holds no readable public key');
  }
  if (publicKey.asymmetricKeyType === 'rsa' && SAMPLE_KEYS.has(thumbprint(publicKey))) {
    throw new HostKeyError('sample key', file, 'holds a sample key');
  }
  return publicKey;
}
