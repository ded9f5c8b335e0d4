import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import { EXIT, SetupError } from './exit.ts';

/*
 * A backup file: one line of JSON (format, key derivation), then frames. A frame is its length in four bytes, then ciphertext and tag of up to
 * 64 KiB under AES-256-GCM. The nonce counts the frames, and the associated data says which frame is the last: nothing can be cut off,
 * left out, repeated or moved without being noticed. Inside is gzip over lines of JSON.
 */
const FORMAT = 'cosync-auth-backup';
const FRAME_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 256 * 1024 * 1024;
const MAX_HEADER = 1024;

interface Header {
  format: typeof FORMAT;
  version: 1;
  createdAt: string;
  salt: string;
}

async function deriveKey(passPhrase: string, salt: Buffer): Promise<Buffer> {
  const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);
  return derive(passPhrase.normalize('NFC'), salt, 32, { ...SCRYPT, maxmem: SCRYPT_MEMORY });
}

function nonceOf(frame: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(frame), 4);
  return nonce;
}

function associated(header: string, isLast: boolean): Buffer {
  return Buffer.from(`${header}${isLast ? 'last' : 'more'}`);
}

function encrypting(key: Buffer, header: string): Transform {
  let waiting = Buffer.alloc(0);
  let frame = 0;
  const seal = (plain: Buffer, isLast: boolean) => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(frame++)).setAAD(associated(header, isLast));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(sealed.length);
    return Buffer.concat([length, sealed]);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      waiting = Buffer.concat([waiting, chunk]);
      // One frame is kept back: only at the end it is known which one is the last.
      while (waiting.length > FRAME_BYTES) {
        this.push(seal(waiting.subarray(0, FRAME_BYTES), false));
        waiting = waiting.subarray(FRAME_BYTES);
      }
      done();
    },
    flush(done) {
      this.push(seal(waiting, true));
      done();
    },
  });
}

function decrypting(key: Buffer, header: string): Transform {
  let waiting = Buffer.alloc(0);
  let frame = 0;
  const open = (sealed: Buffer, isLast: boolean) => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(frame++), { authTagLength: TAG_BYTES });
    decipher.setAAD(associated(header, isLast)).setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
    } catch {
      const reason = frame === 1 ? 'the pass phrase is wrong, or the file is damaged' : 'the file is damaged';
      throw new SetupError(EXIT.configuration, `The backup cannot be read: ${reason}.`);
    }
  };
  const take = (isEnd: boolean): Buffer | undefined => {
    if (waiting.length < 4) return undefined;
    const end = 4 + waiting.readUInt32BE();
    if (end > 4 + FRAME_BYTES + TAG_BYTES || end < 4 + TAG_BYTES) throw damaged();
    // A frame is the last one when nothing follows it, so it can only be opened once that is known.
    if (waiting.length < end || (waiting.length === end && !isEnd)) return undefined;
    const sealed = waiting.subarray(4, end);
    const isLast = isEnd && waiting.length === end;
    waiting = waiting.subarray(end);
    return open(sealed, isLast);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        waiting = Buffer.concat([waiting, chunk]);
        for (let plain = take(false); plain; plain = take(false)) this.push(plain);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      try {
        const plain = take(true);
        if (!plain || waiting.length > 0) throw damaged();
        this.push(plain);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

function damaged(): SetupError {
  return new SetupError(EXIT.configuration, 'The backup cannot be read: the file is cut off or damaged.');
}

/** Writes lines of JSON into a backup file: whole or not at all, 0600. Streams; memory does not grow with the number of lines. */
export async function writeBackupFile(
  file: string,
  passPhrase: string,
  entries: AsyncIterable<unknown>,
  now: number,
): Promise<void> {
  const salt = randomBytes(16);
  const fields: Header = {
    format: FORMAT,
    version: 1,
    createdAt: new Date(now).toISOString(),
    salt: salt.toString('base64'),
  };
  const header = `${JSON.stringify(fields)}\n`;
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const output = createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true });
  try {
    output.write(header);
    const lines = Readable.from(toLines(entries));
    await pipeline(lines, createGzip(), encrypting(await deriveKey(passPhrase, salt), header), output);
    renameSync(temporary, file);
  } catch (error) {
    output.destroy();
    rmSync(temporary, { force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code && code in WRITE_ERRORS)
      throw new SetupError(EXIT.cannotWrite, `Cannot write ${file}: ${WRITE_ERRORS[code]}.`);
    throw error;
  }
}

const WRITE_ERRORS: Record<string, string> = {
  ENOENT: 'the folder does not exist',
  EACCES: 'you may not write there',
  EROFS: 'the volume is read-only',
  ENOSPC: 'the disk is full',
};

async function* toLines(entries: AsyncIterable<unknown>): AsyncIterable<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

/**
 * The lines of a backup file, each authentic. Throws `SetupError` 78 for a wrong pass phrase and for any damage, at the latest at the end.
 */
export async function* readBackupFile(file: string, passPhrase: string): AsyncIterable<unknown> {
  const { header, offset, salt } = await readHeader(file);
  const key = await deriveKey(passPhrase, salt);
  const lines = decrypting(key, header);
  const plain = createGunzip();
  const piping = pipeline(createReadStream(file, { start: offset }), lines, plain).catch((error: unknown) => {
    plain.destroy();
    return error;
  });
  const reader = createInterface({ input: plain, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of reader) yield JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SetupError)) throw (await piping) ?? error;
    throw error;
  }
  const failure = await piping;
  if (failure) throw failure instanceof SetupError ? failure : damaged();
}

async function readHeader(file: string): Promise<{ header: string; offset: number; salt: Buffer }> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(EXIT.configuration, `Cannot read ${file} (${error.code}).`);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_HEADER), 0, MAX_HEADER, 0);
    const end = buffer.subarray(0, bytesRead).indexOf('\n') + 1;
    const header = buffer.subarray(0, end).toString('utf8');
    const fields = JSON.parse(header) as Partial<Header>;
    if (fields.format !== FORMAT || fields.version !== 1 || typeof fields.salt !== 'string')
      throw new TypeError('no backup');
    return { header, offset: end, salt: Buffer.from(fields.salt, 'base64') };
  } catch {
    throw new SetupError(EXIT.configuration, `${file} is no backup of this host.`);
  } finally {
    await handle.close();
  }
}
