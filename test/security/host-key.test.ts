import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { HostKeyError, loadHostKey } from '../../server/security/host-key.ts';
import { rsaPairProblem } from '../../server/security/rsa-pair.ts';

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
const load = (privatePem: string | Buffer, publicPem: string | Buffer, passPhrase = PHRASE) =>
  loadHostKey({ privateKeyFile: file(privatePem), publicKeyFile: file(publicPem), passPhrase });
function refused(kind: HostKeyError['kind'], run: () => unknown): HostKeyError {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof HostKeyError, `refused as ${kind}`);
  assert.equal(thrown.kind, kind);
  assert.ok(thrown.repair.length > 0 && thrown.message.startsWith(thrown.file));
  assert.ok(!JSON.stringify([thrown.message, thrown.repair, thrown.stack]).includes(PHRASE));
  return thrown;
}

describe('the host key', () => {
  it('opens from encrypted PKCS#8 and PKCS#1, with either line ending', () => {
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      const text = encrypted(pair.privateKey, type);
      for (const pem of [text, text.replaceAll('\n', '\r\n')]) {
        const { privateKey, publicKey } = load(pem, spki(pair.publicKey));
        assert.ok(privateKey.equals(pair.privateKey) && publicKey.equals(pair.publicKey));
      }
    }
  });

  it('opens as the two openssl commands of the set-up guide make it', () => {
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
      const { privateKey } = loadHostKey({ privateKeyFile, publicKeyFile, passPhrase });
      assert.equal(privateKey.asymmetricKeyDetails?.modulusLength, 3072);
    }
  });

  it('does not open with another pass phrase, nor without one', () => {
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      const pem = encrypted(pair.privateKey, type);
      for (const wrong of ['wrong', '', `${PHRASE} `]) {
        refused('pass phrase', () => load(pem, spki(pair.publicKey), wrong));
      }
    }
  });

  it('is missing when a file is', () => {
    const publicKeyFile = file(spki(pair.publicKey));
    const privateKeyFile = file(encrypted(pair.privateKey));
    const nowhere = join(folder, 'nowhere.pem');
    for (const missing of [{ privateKeyFile: nowhere }, { publicKeyFile: nowhere }]) {
      const error = refused('missing', () =>
        loadHostKey({ privateKeyFile, publicKeyFile, passPhrase: PHRASE, ...missing }),
      );
      assert.equal(error.file, nowhere);
    }
  });

  it('must be encrypted', () => {
    for (const type of ['pkcs8', 'pkcs1'] as const) {
      const plain = pair.privateKey.export({ type, format: 'pem' }).toString();
      refused('not encrypted', () => load(plain, spki(pair.publicKey)));
    }
  });

  it('needs both halves of one pair', () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    refused('mismatch', () => load(encrypted(pair.privateKey), spki(other.publicKey)));
  });

  it('has at least 2048 bit and is RSA', () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    refused('malformed', () => load(encrypted(short.privateKey), spki(short.publicKey)));
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    refused('malformed', () => load(encrypted(curve.privateKey), spki(curve.publicKey)));
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    refused('malformed', () => load(encrypted(pss.privateKey), spki(pss.publicKey)));
  });

  it('is no rubbish, no certificate and not the wrong file of the two', () => {
    const rubbish = ['', 'rubbish', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'];
    for (const text of rubbish) refused('malformed', () => load(encrypted(pair.privateKey), text));
    refused('malformed', () => load('', spki(pair.publicKey)));
    refused('malformed', () => load(encrypted(pair.privateKey), encrypted(pair.privateKey)));
    const plain = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    refused('malformed', () => load(encrypted(pair.privateKey), plain));
    refused('not encrypted', () => load(spki(pair.publicKey), spki(pair.publicKey)));
  });

  it('is no sample whose private half everybody knows', () => {
    refused('sample key', () => load(encrypted(pair.privateKey), JWT_IO));
  });

  it('never opens as another key when a bit of either file was flipped', () => {
    const privatePem = Buffer.from(encrypted(pair.privateKey, 'pkcs1'));
    const publicPem = Buffer.from(spki(pair.publicKey));
    const flip = (text: Buffer, bit: number) => {
      const flipped = Buffer.from(text);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return flipped;
    };
    let opened = 0;
    let tried = 0;
    const attempt = (privateText: Buffer, publicText: Buffer) => {
      tried++;
      try {
        const { privateKey, publicKey } = load(privateText, publicText);
        // What is left: the same key, spelled otherwise.
        assert.ok(privateKey.equals(pair.privateKey) && publicKey.equals(pair.publicKey));
        opened++;
      } catch (error) {
        assert.ok(error instanceof HostKeyError, String(error));
      }
    };
    for (let bit = 0; bit < privatePem.length * 8; bit += 13) attempt(flip(privatePem, bit), publicPem);
    for (let bit = 0; bit < publicPem.length * 8; bit += 13) attempt(privatePem, flip(publicPem, bit));
    assert.ok(opened <= tried / 100, `${opened} of ${tried} spellings of the same key`);
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
