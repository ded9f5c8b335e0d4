import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createGzip } from 'node:zlib';
import { systemClock } from '../../server/security/clock.ts';
import { EXIT, SetupError } from '../exit.ts';
import { cannotWrite } from '../installation/files.ts';

/*
 * A backup file: one line of JSON (format, key derivation), then frames. A frame is its length in four bytes,
 * then ciphertext and tag of up to 64 KiB under AES-256-GCM. The nonce counts the frames, and the associated
 * data says which frame is the last: nothing can be cut off, left out, repeated or moved without being
 * noticed. Inside is gzip over lines of JSON.
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

/** A backup file that was begun; nothing of that name is there until it is whole. */
export interface BackupTarget {
  /**
   * Streams lines of JSON into it; memory does not grow with their number. Throws `SetupError` 73 when the
   * file cannot be written.
   */
  write(passPhrase: string, entries: AsyncIterable<unknown>, now: number): Promise<void>;
  /** Removes what was begun; does nothing once it is whole. */
  discard(): void;
}

/**
 * Begins a backup file (0600), so that a folder that is missing or cannot be written is known before anything
 * else is done. What earlier tries left beside it is removed. Throws `SetupError` 73.
 */
export async function beginBackupFile(file: string): Promise<BackupTarget> {
  removeRemains(file);
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600).catch((error: unknown) => {
    throw cannotWrite(file, error);
  });
  const discard = () => {
    // Closed already once it is whole.
    void handle.close().catch(() => undefined);
    rmSync(temporary, { force: true });
  };
  return {
    discard,
    async write(passPhrase, entries, now) {
      const salt = randomBytes(16);
      const fields: Header = {
        format: FORMAT,
        version: 1,
        createdAt: new Date(now).toISOString(),
        salt: salt.toString('base64'),
      };
      const header = `${JSON.stringify(fields)}\n`;
      try {
        const key = await deriveKey(passPhrase, salt);
        await handle.appendFile(header);
        const lines = Readable.from(toLines(entries));
        await pipeline(
          lines,
          createGzip(),
          encrypting(key, header),
          handle.createWriteStream({ flush: true }),
        );
        renameSync(temporary, file);
      } catch (error) {
        discard();
        throw isWriteError(error) ? cannotWrite(file, error) : error;
      }
    },
  };
}

/** A begun file that nobody writes any more: of the same name, or of another one and an hour old. */
export function removeRemains(file: string): void {
  const folder = dirname(file);
  const [own, hourAgo] = [basename(file), systemClock.now() - 3_600_000];
  for (const name of namesIn(folder)) {
    const begun = /^(.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1];
    const path = join(folder, name);
    if (begun === own || (begun !== undefined && isOldBackup(path, hourAgo))) rmSync(path, { force: true });
  }
}

/**
 * None where there is no folder, or none that can be read: what is wrong with it is said when the file is
 * begun.
 */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isOldBackup(path: string, before: number): boolean {
  try {
    if (statSync(path).mtimeMs >= before) return false;
    const handle = openSync(path, 'r');
    const start = Buffer.alloc(64);
    readSync(handle, start);
    closeSync(handle);
    return start.includes(FORMAT);
  } catch {
    return false;
  }
}

function isWriteError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && WRITING.includes(String(error.syscall));
}

const WRITING: readonly string[] = ['write', 'writev', 'fsync', 'close', 'rename'];

async function* toLines(entries: AsyncIterable<unknown>): AsyncIterable<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

/**
 * The lines of a backup file, each authentic. Throws `SetupError` 78 for a wrong pass phrase and for any
 * damage, at the latest at the end.
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
