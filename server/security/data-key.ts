import { hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type FieldCipher, type Lookups, TamperError } from '../ports/security/sealing.ts';
import { META, type MetaStore } from '../ports/store/meta.ts';
import { argon2Key } from './argon2.ts';
import { createFieldCipher, createLookups } from './sealing.ts';
import { WrongEncryptKeyError } from './wrong-encrypt-key.ts';

const KEY_BYTES = 32;
const SALT_BYTES = 16;
/**
 * Of deriving a key-encryption key, at start only: what OWASP asks for passwords. The key that setup makes is
 * random anyway.
 */
const COST = { memoryKib: 19_456, passes: 2 };
/**
 * Associated data of a wrapped data key, by whether every row is sealed as a whole: who can write the
 * database cannot take that back.
 */
const WRAPPED = 'data key';
const WRAPPED_WHOLE = 'data key, rows sealed as a whole';

/** What the data key is used for; each purpose has a key of its own. */
export interface DataKeys {
  cipher: FieldCipher;
  lookups: Lookups;
  codesKey: Buffer;
  /** Of cursors, which strangers hand back. */
  cursorCipher: FieldCipher;
  /**
   * Whether all rows were once sealed as a whole (`sealWholeRows`): what stands in the clear beside them is
   * not the host's since then.
   */
  readonly whole: boolean;
  /** Notes that they are, bound to the wrapped key. May be repeated; several processes may do it at once. */
  markWhole(): Promise<void>;
}

/**
 * The data key sealed by a key derived from `ENCRYPT_KEY`. There are two while `ENCRYPT_KEY` is being
 * changed.
 */
const wrapSchema = z.object({
  salt: z.string().min(SALT_BYTES),
  key: z.string(),
  whole: z.literal(true).optional(),
});
const recordSchema = z.object({ wraps: z.array(wrapSchema).min(1).max(2) });
type Wrap = z.infer<typeof wrapSchema>;

/**
 * Unwraps the data key with `ENCRYPT_KEY`, or makes one in an empty database; processes that start together
 * get the same one (design §6). Throws `WrongEncryptKeyError`.
 */
export async function openDataKey(input: { meta: MetaStore; encryptKey: string }): Promise<DataKeys> {
  const { meta, encryptKey } = input;
  const record = (await meta.get(META.dataKey)) ?? (await makeDataKey(meta, encryptKey));
  const { dataKey, wrap, keyCipher } = await unwrap(record, encryptKey);
  const markWhole = () =>
    changeRecord(meta, async (current) =>
      // Another key's wrapping is left to a start with that key.
      parse(current).map((each) =>
        each.salt === wrap.salt ? wrapped(dataKey, each.salt, keyCipher, true) : each,
      ),
    );
  return {
    whole: wrap.whole === true,
    markWhole,
    cipher: createFieldCipher(subKey(dataKey, 'seal')),
    lookups: createLookups(subKey(dataKey, 'look-up')),
    codesKey: subKey(dataKey, 'codes'),
    cursorCipher: createFieldCipher(subKey(dataKey, 'cursors')),
  };
}

/**
 * First half of changing `ENCRYPT_KEY`: from now on either key opens the database. One conditional write of
 * one record; nothing that was sealed changes; may be repeated after a crash. Throws `WrongEncryptKeyError`
 * when `oldKey` does not open it.
 */
export async function wrapDataKeyAlso(input: {
  meta: MetaStore;
  oldKey: string;
  newKey: string;
}): Promise<void> {
  const { oldKey, newKey } = input;
  await changeRecord(input.meta, async (record) => {
    const { dataKey, wrap } = await unwrap(record, oldKey);
    return oldKey === newKey ? [wrap] : [wrap, await wrapDataKey(dataKey, newKey, wrap.whole)];
  });
}

/**
 * Second half, once `encryptKey` is stored where the host reads it: no other key opens the database any more.
 */
export async function dropOtherWraps(input: { meta: MetaStore; encryptKey: string }): Promise<void> {
  await changeRecord(input.meta, async (record) => [(await unwrap(record, input.encryptKey)).wrap]);
}

async function makeDataKey(meta: MetaStore, encryptKey: string): Promise<string> {
  const record = JSON.stringify({ wraps: [await wrapDataKey(randomBytes(KEY_BYTES), encryptKey)] });
  const isFirst = await meta.compareAndSet(META.dataKey, undefined, record);
  return isFirst ? record : getRecord(meta);
}

async function changeRecord(meta: MetaStore, change: (record: string) => Promise<Wrap[]>): Promise<void> {
  let record: string;
  let changed: string;
  do {
    record = await getRecord(meta);
    changed = JSON.stringify({ wraps: await change(record) });
  } while (!(await meta.compareAndSet(META.dataKey, record, changed)));
}

async function getRecord(meta: MetaStore): Promise<string> {
  const record = await meta.get(META.dataKey);
  if (record === undefined) throw new TypeError('the database has no data key');
  return record;
}

async function wrapDataKey(dataKey: Buffer, encryptKey: string, whole?: true): Promise<Wrap> {
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  return wrapped(dataKey, salt, await deriveCipher(encryptKey, salt), whole);
}

function wrapped(dataKey: Buffer, salt: string, keyCipher: FieldCipher, whole: true | undefined): Wrap {
  const key = keyCipher.seal(dataKey.toString('base64url'), whole ? WRAPPED_WHOLE : WRAPPED);
  return { salt, key, ...(whole && { whole }) };
}

async function unwrap(
  record: string,
  encryptKey: string,
): Promise<{ dataKey: Buffer; wrap: Wrap; keyCipher: FieldCipher }> {
  for (const wrap of parse(record)) {
    const keyCipher = await deriveCipher(encryptKey, wrap.salt);
    try {
      const text = keyCipher.open(wrap.key, wrap.whole ? WRAPPED_WHOLE : WRAPPED);
      return { dataKey: Buffer.from(text, 'base64url'), wrap, keyCipher };
    } catch (error) {
      if (!(error instanceof TamperError)) throw error;
    }
  }
  throw new WrongEncryptKeyError();
}

function parse(record: string): Wrap[] {
  try {
    return recordSchema.parse(JSON.parse(record)).wraps;
  } catch {
    throw new WrongEncryptKeyError();
  }
}

async function deriveCipher(encryptKey: string, salt: string): Promise<FieldCipher> {
  return createFieldCipher(await argon2Key(encryptKey, Buffer.from(salt, 'base64url'), COST));
}

function subKey(dataKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', dataKey, '', purpose, KEY_BYTES));
}
