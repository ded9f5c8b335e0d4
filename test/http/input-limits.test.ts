import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { routes } from '../../server/http/routes/index.ts';

/** More than a body can hold. */
const BODY_MAX = 102_400;

/** Where in a schema a text, a list or a value of any kind has no maximum. */
function unlimited(schema: z.core.$ZodType, at: string): string[] {
  const inner = (part: z.core.$ZodType, name = '') => unlimited(part, at + name);
  if (schema instanceof z.ZodString) return within(schema.maxLength) ? [] : [at];
  if (schema instanceof z.ZodArray) {
    return [...(within(longest(schema)) ? [] : [`${at}[]`]), ...inner(schema._zod.def.element, '[]')];
  }
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, member]) => inner(member as z.ZodType, `.${name}`));
  }
  if (schema instanceof z.ZodRecord) {
    return [...inner(schema._zod.def.keyType, '{}'), ...inner(schema._zod.def.valueType, '{}')];
  }
  if (schema instanceof z.ZodUnion) return schema._zod.def.options.flatMap((option) => inner(option));
  if (schema instanceof z.ZodPipe) {
    const { in: first, out } = schema._zod.def;
    // What comes out of a transformation is bounded by what goes in, where that is looked at before.
    return inner(first instanceof z.ZodTransform ? out : first);
  }
  if (schema instanceof z.ZodUnknown) return within(schema.meta()?.maxLength) ? [] : [at];
  const { def } = schema._zod;
  if ('innerType' in def) return inner(def.innerType as z.core.$ZodType);
  return BOUNDED.has(def.type) ? [] : [`${at} (${def.type})`];
}

/** Elements a list may have. */
function longest(list: z.ZodArray): number | undefined {
  const checks = list._zod.def.checks ?? [];
  const found = checks.map(({ _zod: { def } }) => def as { check: string; maximum?: number });
  return found.find(({ check }) => check === 'max_length')?.maximum;
}

/** Kinds whose values are few or short. */
const BOUNDED: ReadonlySet<string> = new Set(['boolean', 'number', 'int', 'enum', 'literal']);

function within(limit: unknown): boolean {
  return typeof limit === 'number' && limit <= BODY_MAX;
}

describe('the input of every route', () => {
  it('has a maximum for each text and each list', () => {
    const found = routes.flatMap(({ method, path, input }) =>
      input ? unlimited(input, `${method} ${path}`) : [],
    );
    assert.deepEqual(found, []);
  });

  it('is declared for every part of a path and every field of an upload', () => {
    for (const { path, input, upload, method } of routes) {
      for (const [, part = ''] of path.matchAll(/:(\w+)/g)) assert.ok(input?.shape[part], `${path} ${part}`);
      if (upload) assert.ok(input, `${method} ${path}`);
    }
  });

  it('names a text without a maximum, however deep', () => {
    const text = z.string();
    const deep = z.object({
      a: z.array(z.object({ b: text.optional() })).max(3),
      c: z.union([z.literal(''), text.transform(Number).pipe(z.number())]),
      d: z.record(z.string().max(3), z.unknown()),
      e: z.array(z.boolean()),
      f: text.max(BODY_MAX + 1).default(''),
      g: z.preprocess((value) => value, text.nullable()),
      h: z.any(),
      fine: z.string().max(3).regex(/x/).toLowerCase().optional(),
    });
    assert.deepEqual(unlimited(deep, ''), ['.a[].b', '.c', '.d{}', '.e[]', '.f', '.g', '.h (any)']);
  });
});
