import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openEncryptedKeyAside } from '../../server/security/encrypted-key.ts';
import { HostKeyError, loadHostKey, loadHostKeyAside } from '../../server/security/host-key.ts';
import { rsaPairProblem } from '../../server/security/rsa-pair.ts';
import { encryptKeyPair } from '../../setup/installation/key-pair.ts';

const PHRASE = 'pass phrase with ä and $';
const folder = mkdtempSync(join(tmpdir(), 'host-key-'));
after(() => rmSync(folder, { recursive: true }));

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const encrypted = (key: KeyObject, type: 'pkcs8' | 'pkcs1' = 'pkcs8', passphrase = PHRASE) =>
  key.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

let files = 0;
function file(text: string | Buffer): string {
  const path = join(folder, `${files++}.pem`);
  writeFileSync(path, text);
  return path;
}
async function refused(kind: HostKeyError['kind'], run: () => unknown): Promise<HostKeyError> {
  let thrown: unknown;
  try {
    await run();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof HostKeyError, `refused as ${kind}`);
  assert.equal(thrown.kind, kind);
  assert.ok(thrown.repair.length > 0 && thrown.message.startsWith(thrown.file));
  assert.ok(!JSON.stringify([thrown.message, thrown.repair, thrown.stack]).includes(PHRASE));
  return thrown;
}

for (const [name, open] of [
  ['the host key', loadHostKey],
  ['the host key, opened aside', loadHostKeyAside],
] as const)
  describeOpening(name, open);

function describeOpening(name: string, open: typeof loadHostKey | typeof loadHostKeyAside): void {
  const load = async (privatePem: string | Buffer, publicPem: string | Buffer, passPhrase = PHRASE) =>
    open({ privateKeyFile: file(privatePem), publicKeyFile: file(publicPem), passPhrase });

  describe(name, () => {
    it('opens from encrypted PKCS#8 and PKCS#1, with either line ending', async () => {
      for (const type of ['pkcs8', 'pkcs1'] as const) {
        const text = encrypted(pair.privateKey, type);
        for (const pem of [text, text.replaceAll('\n', '\r\n')]) {
          const { privateKey, publicKey } = await load(pem, spki(pair.publicKey));
          assert.ok(privateKey.equals(pair.privateKey) && publicKey.equals(pair.publicKey));
        }
      }
    });

    it('opens as the two openssl commands of the set-up guide make it', async () => {
      for (const traditional of [[], ['-traditional']]) {
        const privateKeyFile = join(folder, `openssl${traditional.length}.pem`);
        const publicKeyFile = `${privateKeyFile}.pub`;
        const phrase = ['-passout', 'pass:openssl phrase'];
        const quiet = { stdio: 'ignore' } as const;
        const made = ['genrsa', '-aes256', ...phrase, ...traditional, '-out', privateKeyFile, '3072'];
        execFileSync('openssl', made, quiet);
        const passPhrase = 'openssl phrase';
        const opened = ['rsa', '-in', privateKeyFile, '-passin', `pass:${passPhrase}`];
        execFileSync('openssl', [...opened, '-pubout', '-out', publicKeyFile], quiet);
        const { privateKey } = await open({ privateKeyFile, publicKeyFile, passPhrase });
        assert.equal(privateKey.asymmetricKeyDetails?.modulusLength, 3072);
      }
    });

    it('does not open with another pass phrase, nor without one', async () => {
      for (const type of ['pkcs8', 'pkcs1'] as const) {
        const pem = encrypted(pair.privateKey, type);
        for (const wrong of ['wrong', '', `${PHRASE} `]) {
          await refused('pass phrase', () => load(pem, spki(pair.publicKey), wrong));
        }
      }
    });

    it('is missing when a file is', async () => {
      const publicKeyFile = file(spki(pair.publicKey));
      const privateKeyFile = file(encrypted(pair.privateKey));
      const nowhere = join(folder, 'nowhere.pem');
      for (const missing of [{ privateKeyFile: nowhere }, { publicKeyFile: nowhere }]) {
        const error = await refused('missing', () =>
          open({ privateKeyFile, publicKeyFile, passPhrase: PHRASE, ...missing }),
        );
        assert.equal(error.file, nowhere);
      }
    });

    it('must be encrypted', async () => {
      for (const type of ['pkcs8', 'pkcs1'] as const) {
        const plain = pair.privateKey.export({ type, format: 'pem' }).toString();
        await refused('not encrypted', () => load(plain, spki(pair.publicKey)));
      }
    });

    it('needs both halves of one pair', async () => {
      const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
      await refused('mismatch', () => load(encrypted(pair.privateKey), spki(other.publicKey)));
    });

    it('has at least 2048 bit and is RSA', async () => {
      const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
      await refused('malformed', () => load(encrypted(short.privateKey), spki(short.publicKey)));
      const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await refused('malformed', () => load(encrypted(curve.privateKey), spki(curve.publicKey)));
      const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
      await refused('malformed', () => load(encrypted(pss.privateKey), spki(pss.publicKey)));
    });

    it('is no rubbish, no certificate and not the wrong file of the two', async () => {
      const rubbish = ['', 'rubbish', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'];
      for (const text of rubbish) await refused('malformed', () => load(encrypted(pair.privateKey), text));
      await refused('malformed', () => load('', spki(pair.publicKey)));
      await refused('malformed', () => load(encrypted(pair.privateKey), encrypted(pair.privateKey)));
      const plain = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      await refused('malformed', () => load(encrypted(pair.privateKey), plain));
      await refused('not encrypted', () => load(spki(pair.publicKey), spki(pair.publicKey)));
    });

    it('is no sample whose private half everybody knows', async () => {
      await refused('sample key', () => load(encrypted(pair.privateKey), JWT_IO));
    });

    it('never opens as another key when a bit of either file was flipped', async () => {
      const privatePem = Buffer.from(encrypted(pair.privateKey, 'pkcs1'));
      const publicPem = Buffer.from(spki(pair.publicKey));
      const flip = (text: Buffer, bit: number) => {
        const flipped = Buffer.from(text);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return flipped;
      };
      let opened = 0;
      let tried = 0;
      const attempt = async (privateText: Buffer, publicText: Buffer) => {
        tried++;
        try {
          const { privateKey, publicKey } = await load(privateText, publicText);
          // What is left: the same key, spelled otherwise.
          assert.ok(privateKey.equals(pair.privateKey) && publicKey.equals(pair.publicKey));
          opened++;
        } catch (error) {
          assert.ok(error instanceof HostKeyError, String(error));
        }
      };
      for (let bit = 0; bit < privatePem.length * 8; bit += 13)
        await attempt(flip(privatePem, bit), publicPem);
      for (let bit = 0; bit < publicPem.length * 8; bit += 13)
        await attempt(privatePem, flip(publicPem, bit));
      assert.ok(opened <= tried / 100, `${opened} of ${tried} spellings of the same key`);
    });
  });
}

describe('an encrypted key', () => {
  const { privateKeyPem } = encryptKeyPair(pair.privateKey, PHRASE);
  // In the same form, with fewer rounds.
  const der = Buffer.from(encrypted(pair.privateKey).replaceAll(/-----[A-Z ]+-----/g, ''), 'base64');
  const pemOf = (bytes: Buffer) =>
    `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${bytes.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`;

  it('as setup makes it is derived beside other work', async () => {
    let turns = 0;
    const count = setInterval(() => turns++, 1);
    const key = await openEncryptedKeyAside(privateKeyPem, PHRASE);
    clearInterval(count);
    assert.ok(key?.equals(pair.privateKey));
    assert.ok(turns > 0, 'the event loop went on');
    assert.equal(await openEncryptedKeyAside(privateKeyPem, 'wrong'), undefined);
  });

  it('of any other make opens as well', async () => {
    for (const cipher of ['aes-128-cbc', 'aes-256-cbc', 'des-ede3-cbc']) {
      const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem', cipher, passphrase: PHRASE });
      assert.ok((await openEncryptedKeyAside(String(pem), PHRASE))?.equals(pair.privateKey), cipher);
    }
    const privateKeyFile = join(folder, 'sha512.pem');
    const made = ['pkcs8', '-topk8', '-v2', 'aes256', '-v2prf', 'hmacWithSHA512', '-out', privateKeyFile];
    const input = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
    execFileSync('openssl', [...made, '-passout', 'pass:x'], { input });
    const opened = await openEncryptedKeyAside(readFileSync(privateKeyFile, 'utf8'), 'x');
    assert.ok(opened?.equals(pair.privateKey));
  });

  it('that is damaged does not open, wherever it was cut or changed', async () => {
    for (let length = 0; length < der.length; length += 97) {
      assert.equal(await openEncryptedKeyAside(pemOf(der.subarray(0, length)), PHRASE), undefined);
    }
    // The scheme, its parameters and the salt: all before the ciphertext.
    for (let at = 0; at < 90; at++) {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      const opened = await openEncryptedKeyAside(pemOf(changed), PHRASE);
      assert.ok(opened === undefined || opened.equals(pair.privateKey), `byte ${at}`);
    }
  });
});

describe('an RSA pair', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [jwk, otherJwk] = [pair, other].map(({ privateKey }) => privateKey.export({ format: 'jwk' }));

  it('is damaged when a number of the private key belongs to another one', () => {
    assert.equal(rsaPairProblem(pair), undefined);
    for (const name of ['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
      const key = { ...jwk, [name]: otherJwk?.[name] };
      let privateKey: KeyObject;
      try {
        privateKey = createPrivateKey({ key, format: 'jwk' });
      } catch {
        // OpenSSL saw it itself.
        continue;
      }
      assert.equal(rsaPairProblem({ privateKey, publicKey: createPublicKey(privateKey) }), 'damaged', name);
    }
  });
});

/** The example key of jwt.io. */
const JWT_IO = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo
4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0/IzW7yWR7QkrmBL7jTKEn5u
+qKhbwKfBstIs+bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyeh
kd3qqGElvW/VDL5AaWTg0nLVkjRo9z+40RQzuVaE8AkAFmxZzow3x+VJYKdjykkJ
0iT9wCS0DRTXu269V264Vf/3jvredZiKRkgwlL9xNAwxXFg0x/XFw005UWVRIkdg
cKWTjpBP2dPwVZ4WWC+9aGVd+Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbc
mwIDAQAB
-----END PUBLIC KEY-----
`;
