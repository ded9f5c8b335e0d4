import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, pbkdf2Sync } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';

const ITERATIONS = 600_000;

// Forge's own PBKDF2 takes seconds of plain JavaScript for this many rounds; Node's gives the same bytes in a
// tenth of one. `md` is a name here because `encryptPrivateKeyInfo` is told `sha256` below.
const slowPbkdf2 = forge.pkcs5.pbkdf2;
(forge.pkcs5 as { pbkdf2: unknown }).pbkdf2 = (
  password: string,
  salt: string,
  iterations: number,
  size: number,
  digest?: { algorithm?: string } | string,
) => {
  const name = typeof digest === 'string' ? digest : digest?.algorithm;
  if (name !== 'sha256') return slowPbkdf2(password, salt, iterations, size);
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  return pbkdf2Sync(bytes(password), bytes(salt), iterations, size, 'sha256').toString('latin1');
};

export interface KeyPairFiles {
  /** Encrypted PKCS#8, PBES2 (AES-256-CBC, PBKDF2-HMAC-SHA-256, 600,000 rounds). */
  privateKeyPem: string;
  /** SPKI. */
  publicKeyPem: string;
}

/**
 * A new RSA pair for the host, encrypted and opened again before it is handed out. Takes up to a few seconds,
 * off the event loop.
 */
export async function makeKeyPair(bits: number, passPhrase: string): Promise<KeyPairFiles> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: bits });
  return encryptKeyPair(privateKey, passPhrase);
}

/** The same key under a (new) pass phrase. */
export function encryptKeyPair(privateKey: KeyObject, passPhrase: string): KeyPairFiles {
  const der = privateKey.export({ type: 'pkcs8', format: 'der' });
  const info = forge.asn1.fromDer(forge.util.createBuffer(der.toString('latin1')));
  const encrypted = forge.pki.encryptPrivateKeyInfo(info, forge.util.encodeUtf8(passPhrase), {
    algorithm: 'aes256',
    count: ITERATIONS,
    prfAlgorithm: 'sha256',
    saltSize: 16,
  } as Parameters<typeof forge.pki.encryptPrivateKeyInfo>[2]);
  const privateKeyPem = forge.pki.encryptedPrivateKeyToPem(encrypted).replaceAll('\r\n', '\n');
  const reopened = createPublicKey(createPrivateKey({ key: privateKeyPem, passphrase: passPhrase }));
  if (!reopened.equals(createPublicKey(privateKey)))
    throw new TypeError('the encrypted key does not open again');
  return { privateKeyPem, publicKeyPem: reopened.export({ type: 'spki', format: 'pem' }) as string };
}
