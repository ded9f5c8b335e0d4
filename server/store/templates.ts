import type { Template } from '../model/template.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lookups } from '../ports/security/sealing.ts';
import type { TemplateStore } from '../ports/store/templates.ts';
import { RecordCache } from './cache.ts';
import type { Engine } from './engine.ts';
import { type RecordMapping, Records } from './records.ts';
import type { SealingDeps } from './sealed.ts';

const CACHED = 1_000;

function mapping(lookups: Lookups): RecordMapping<Template> {
  return {
    table: 'templates',
    sealed: { secret: [], personal: [] },
    toRow: ({ id, appId, revision, createdAt, ...fields }) => ({
      id,
      appId,
      revision,
      createdAt,
      fields,
      keys: { nameAndLocale: keyOf(lookups, appId, fields.name, fields.locale) },
    }),
    toRecord: ({ id, appId, revision, createdAt }, fields) =>
      ({ ...fields, id, appId, revision, createdAt }) as Template,
  };
}
function keyOf(lookups: Lookups, appId: string, name: string, locale: string): string {
  return lookups.key(appId, 'nameAndLocale', `${name} ${locale}`);
}

/** `TemplateStore` over an engine; `find` answers the same frozen object as long as the text is the same. */
export function createTemplateStore(
  engine: Engine,
  lookups: Lookups,
  sealing: SealingDeps,
  clock: Clock,
): TemplateStore {
  const records = new Records(engine, mapping(lookups), sealing);
  const cache = new RecordCache<Template>(clock, { capacity: CACHED, rememberAbsent: true });
  const forgetAfter = async <R>(write: Promise<R>): Promise<R> => {
    const result = await write;
    cache.clear();
    return result;
  };
  const list = (appId: string) => Array.fromAsync(records.stream({ appId }));

  return {
    insert: (template) => forgetAfter(records.insert(template)),
    insertMany: (templates) => forgetAfter(records.insertMany(templates)),
    find(appId, name, locale) {
      const key = keyOf(lookups, appId, name, locale);
      return cache.get(key, async (known) => {
        // A stored text that does not open is none: the built-in one takes its place, so that mails go out.
        const template = await records.findIntact(appId, 'nameAndLocale', key);
        const same = template?.id === known?.id && template?.revision === known?.revision;
        return same ? known : template;
      });
    },
    list,
    replace: (template) => forgetAfter(records.replace(template)),
    remove: (appId, name, locale) =>
      forgetAfter(records.removeByKey(appId, 'nameAndLocale', keyOf(lookups, appId, name, locale))),
    async removeLocale(appId, locale) {
      const dropped = (await list(appId)).filter((template) => template.locale === locale);
      const removed = await Promise.all(dropped.map(({ id }) => records.remove(appId, id)));
      cache.clear();
      return removed.filter(Boolean).length;
    },
    removeAll: (appId) => forgetAfter(records.removeWhere({ appId })),
  };
}
