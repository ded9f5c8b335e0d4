import { z } from 'zod';
import type { Entry, Kind } from '../../domain/apps/setting-entry.ts';
import { settingsShownTo } from '../../domain/apps/setting-table.ts';
import type { ShownTo } from '../../domain/apps/setting-values.ts';

/** Schemas of the settings that this audience alone is told, by their published names. */
export function settingAnswers<A extends Entry['shownTo']>(audience: A) {
  const entries = settingsShownTo(audience).map(([name, entry]) => [name, answerOf(entry)]);
  return Object.fromEntries(entries) as { [N in keyof ShownTo<A>]: z.ZodType<ShownTo<A>[N]> };
}

function answerOf(entry: Entry): z.ZodType {
  const answer = answerOfKind(entry.kind);
  const isAlwaysThere =
    'initial' in entry ||
    ('clearedBy' in entry && (entry.clearedBy === 'zero' || entry.clearedBy === 'emptyList'));
  return isAlwaysThere ? answer : answer.optional();
}

function answerOfKind(kind: Kind): z.ZodType {
  switch (kind.kind) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(kind.of as [string, ...string[]]);
    case 'line':
    case 'mailAddress':
    case 'appAddress':
    case 'webAddress':
    case 'colour':
    case 'endpoint':
    case 'mediaTypes':
      return z.string();
    case 'count':
    case 'hours':
      return z.number();
    case 'audiences':
    case 'countries':
      return z.array(z.string());
  }
}
