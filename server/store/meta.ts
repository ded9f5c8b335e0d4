import { TamperError } from '../ports/security/sealing.ts';
import { META, type MetaStore } from '../ports/store/meta.ts';
import type { MetaOperations } from './engine.ts';
import type { SealingDeps } from './sealed.ts';

/** Texts that say which tokens count. */
const SEALED: ReadonlySet<string> = new Set([META.serverSecretGeneration, META.adoptedHostKey]);
/** How a sealed text begins. */
const MARK = 'v1.';

/**
 * `MetaStore` over an engine. Without `sealing` texts are what they are in the database, which is enough for
 * the data key. With it those that say which tokens count are sealed as soon as rows are, absent ones too:
 * nobody who can write the database makes an old token count again. One that does not open is absent for
 * `compareAndSet`, so that it can be set anew.
 */
export function createMetaStore(engine: MetaOperations, sealing?: SealingDeps): MetaStore {
  if (!sealing) {
    return {
      get: (name) => engine.metaGet(name),
      compareAndSet: (name, expected, value) => engine.metaCompareAndSet(name, expected, value),
    };
  }
  const texts = new SealedTexts(sealing);
  return {
    async get(name) {
      const stored = await engine.metaGet(name);
      return SEALED.has(name) ? texts.open(name, stored) : stored;
    },
    async compareAndSet(name, expected, value) {
      if (!SEALED.has(name)) return engine.metaCompareAndSet(name, expected, value);
      const stored = await engine.metaGet(name);
      if (texts.tryOpen(name, stored) !== expected) return false;
      const seals = sealing.isWhole?.() || stored?.startsWith(MARK);
      return engine.metaCompareAndSet(name, stored, seals ? texts.seal(name, value) : value);
    },
  };
}

/**
 * Seals the texts that say which tokens count, those that are absent too; part of sealing all rows
 * (`sealWholeRows`).
 */
export async function sealMeta(engine: MetaOperations, sealing: SealingDeps): Promise<void> {
  const texts = new SealedTexts(sealing);
  for (const name of SEALED) {
    for (;;) {
      const stored = await engine.metaGet(name);
      if (stored?.startsWith(MARK)) break;
      if (await engine.metaCompareAndSet(name, stored, texts.seal(name, stored))) break;
    }
  }
}

class SealedTexts {
  readonly #sealing: SealingDeps;
  readonly #told = new Map<string, string>();
  constructor(sealing: SealingDeps) {
    this.#sealing = sealing;
  }

  seal(name: string, value: string | undefined): string {
    return this.#sealing.cipher.seal(JSON.stringify(value ?? null), `meta/${name}`);
  }

  /** As `open`; undefined for what does not open. */
  tryOpen(name: string, stored: string | undefined): string | undefined {
    try {
      return this.open(name, stored);
    } catch (error) {
      if (error instanceof TamperError) return undefined;
      throw error;
    }
  }

  /** Throws `TamperError` for what a host with this key did not write, once rows are sealed as a whole. */
  open(name: string, stored: string | undefined): string | undefined {
    try {
      if (stored?.startsWith(MARK)) {
        return JSON.parse(this.#sealing.cipher.open(stored, `meta/${name}`)) ?? undefined;
      }
      if (this.#sealing.isWhole?.()) throw new TamperError(`${name} is not sealed`);
      return stored;
    } catch (error) {
      // Once a process: it is asked for with every request of the portal.
      if (this.#told.get(name) !== `${stored}`)
        this.#sealing.events?.emit('tamper_detected', { record: `meta/${name}`, field: 'value' });
      this.#told.set(name, `${stored}`);
      throw error;
    }
  }
}
