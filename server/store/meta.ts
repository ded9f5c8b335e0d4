import type { MetaStore } from '../ports/store/meta.ts';
import type { MetaOperations } from './engine.ts';

/** `MetaStore` over an engine. */
export function createMetaStore(engine: MetaOperations): MetaStore {
  return {
    get: (name) => engine.metaGet(name),
    compareAndSet: (name, expected, value) => engine.metaCompareAndSet(name, expected, value),
  };
}
