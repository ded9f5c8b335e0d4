import { createDecipheriv, createPrivateKey, type KeyObject, pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

const deriveKey = promisify(pbkdf2);

/** Contents of the object identifiers in a key file that setup makes (RFC 8018, RFC 3565), as hex. */
const OID = {
  pbes2: '2a864886f70d01050d',
  pbkdf2: '2a864886f70d01050c',
  hmacSha256: '2a864886f70d0209',
  aes256Cbc: '60864801650304012a',
} as const;
const KEY_BYTES = 32;
const TAG = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30 } as const;
const LABEL = /-----(?:BEGIN|END) ENCRYPTED PRIVATE KEY-----/g;

interface Element {
  tag: number;
  content: Buffer;
}
interface Encrypted {
  salt: Buffer;
  iterations: number;
  iv: Buffer;
  data: Buffer;
}

/** Opens a private key in PEM; undefined where the pass phrase does not. Takes as long as its derivation. */
export function openEncryptedKey(pem: string, passphrase: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch {
    return undefined;
  }
}

/**
 * As `openEncryptedKey`. The key of a file that setup makes is derived on the thread pool, beside whatever
 * else there is to do; other files are opened where this is called.
 */
export async function openEncryptedKeyAside(pem: string, passphrase: string): Promise<KeyObject | undefined> {
  const encrypted = parsed(pem);
  if (!encrypted) return openEncryptedKey(pem, passphrase);
  const { salt, iterations, iv, data } = encrypted;
  try {
    const key = await deriveKey(passphrase, salt, iterations, KEY_BYTES, 'sha256');
    const decipher = createDecipheriv('aes-256-cbc', key, iv);
    const der = Buffer.concat([decipher.update(data), decipher.final()]);
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}

/**
 * EncryptedPrivateKeyInfo (RFC 5958 §3) with PBES2: PBKDF2 with HMAC-SHA-256 and AES-256 in CBC mode;
 * undefined for any other.
 */
function parsed(pem: string): Encrypted | undefined {
  if (!pem.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----')) return undefined;
  const [whole, ...rest] = elements(Buffer.from(pem.replaceAll(LABEL, ''), 'base64'));
  if (rest.length > 0) return undefined;
  const [algorithm, data] = within(whole);
  const [scheme, parameters] = within(algorithm);
  const [derivation, cipher] = within(parameters);
  const [kdf, kdfParameters] = within(derivation);
  // The length of the key may stand before the function, and follows from the cipher.
  const [salt, iterations, ...more] = within(kdfParameters);
  const [prfName] = within(more.at(-1));
  const [cipherName, iv] = within(cipher);
  const names = [scheme, kdf, prfName, cipherName].map((name) => contentOf(name, TAG.oid)?.toString('hex'));
  const isOurs = [OID.pbes2, OID.pbkdf2, OID.hmacSha256, OID.aes256Cbc].every((oid, n) => oid === names[n]);
  const count = contentOf(iterations, TAG.integer)?.toString('hex') ?? '';
  const [saltBytes, ivBytes, dataBytes] = [salt, iv, data].map((one) => contentOf(one, TAG.octets));
  if (!isOurs || count.length > 8 || !saltBytes || !ivBytes || !dataBytes) {
    return undefined;
  }
  return { salt: saltBytes, iterations: Number.parseInt(count, 16), iv: ivBytes, data: dataBytes };
}

/** The DER elements that follow each other (X.690, 8.1); none where they do not fit. */
function elements(der: Buffer): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 2 <= der.length) {
    const tag = der[at] ?? 0;
    const short = der[at + 1] ?? 0;
    const lengthBytes = short < 0x80 ? 0 : short - 0x80;
    if (lengthBytes > 4 || at + 2 + lengthBytes > der.length) return [];
    const start = at + 2 + lengthBytes;
    const length = lengthBytes === 0 ? short : der.readUIntBE(at + 2, lengthBytes);
    if (start + length > der.length) return [];
    found.push({ tag, content: der.subarray(start, start + length) });
    at = start + length;
  }
  return at === der.length ? found : [];
}

function within(element: Element | undefined): Element[] {
  const content = contentOf(element, TAG.sequence);
  return content ? elements(content) : [];
}

function contentOf(element: Element | undefined, tag: number): Buffer | undefined {
  return element?.tag === tag ? element.content : undefined;
}
