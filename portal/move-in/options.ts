import type { MoveInFormat, MoveInOptions } from '../../client/host/index.ts';
import type { Fault } from '../fault.ts';
import type { Texts } from '../frame/texts.ts';
import { SOURCES } from './sources.ts';

export const CONFLICTS = ['skip', 'update', 'fail'] as const;
const UNVERIFIED = ['pending', 'active'] as const;
const NUMBERS = ['rounds', 'mem_cost'] as const;
/** Part of the address of an import: the source that its file looks like. */
export const LOOKS = 'looks';
/** What the address of an import holds, so that the next one is asked for as it was. The key is a secret. */
export const KEPT = ['conflict', 'unverified', 'map', 'base64_salt_separator', ...NUMBERS, LOOKS] as const;
/** As Firebase makes its projects. */
const USUAL: Readonly<Record<string, string>> = {
  base64_salt_separator: 'Bw==',
  rounds: '8',
  mem_cost: '14',
};

/** What the fields of a form, or of an address, say. */
interface Given {
  get(name: string): string | null;
}

/** How people are to be moved in, or the field that says something else. */
export function optionsOf(
  texts: Texts,
  format: MoveInFormat,
  given: Given,
): { options: MoveInOptions } | { fault: Fault } {
  const textOf = (name: string) => given.get(name)?.trim() || undefined;
  const { key } = SOURCES[format];
  const needed = key === 'always' && textOf('base64_signer_key') === undefined;
  if (needed) return { fault: { field: 'base64_signer_key', text: texts.say('reason.missing') } };
  const wrong = key && NUMBERS.find((name) => !/^\d{0,3}$/.test(textOf(name) ?? ''));
  if (wrong) return { fault: { field: wrong, text: texts.say('reason.unknown_value') } };
  const map = mapOf(textOf('map'));
  if (map === null) return { fault: { field: 'map', text: texts.say('reason.not_json') } };
  // Parameters without a key are of no project.
  const hasKey = key !== undefined && textOf('base64_signer_key') !== undefined;
  const number = (name: string) => (textOf(name) === undefined ? undefined : Number(textOf(name)));
  return {
    options: {
      format,
      conflict: CONFLICTS.find((one) => one === given.get('conflict')),
      unverified: UNVERIFIED.find((one) => one === given.get('unverified')),
      map,
      ...(hasKey && {
        base64_signer_key: textOf('base64_signer_key'),
        base64_salt_separator: textOf('base64_salt_separator'),
        rounds: number('rounds'),
        mem_cost: number('mem_cost'),
      }),
    },
  };
}

/** Null for text that is no JSON object; what is in it is for the host to judge. */
function mapOf(text: string | undefined): MoveInOptions['map'] | null {
  if (text === undefined) return undefined;
  try {
    const map = JSON.parse(text) as unknown;
    return typeof map === 'object' && !Array.isArray(map) ? (map as MoveInOptions['map']) : null;
  } catch {
    return null;
  }
}

/** What the part `move-in-form` needs, filled in with what was given; `conflicts`: those to choose from. */
export function formModel(
  texts: Texts,
  format: MoveInFormat,
  given: Given,
  { field, text }: { field?: string | undefined; text?: string | undefined } = {},
  conflicts: readonly string[] = CONFLICTS,
) {
  const { name, from, second, key } = SOURCES[format];
  const choices = (of: string, values: readonly string[]) =>
    values.map((value) => ({
      value,
      label: texts.say(`moveIn.${of}.${value}`),
      chosen: value === given.get(of),
    }));
  const value = (of: string) => given.get(of) ?? USUAL[of] ?? '';
  const at = (of: string) => (field === of ? text : undefined);
  const known = ['file', 'map', 'base64_signer_key', 'base64_salt_separator', ...NUMBERS];
  const isSecond = field !== undefined && field === second;
  return {
    format,
    source: name,
    from,
    second: second && texts.say(`moveIn.second.${second}`),
    hasKey: key !== undefined,
    isKeyRequired: key === 'always',
    conflicts: choices('conflict', conflicts),
    unverifieds: choices('unverified', UNVERIFIED),
    map: value('map'),
    base64_salt_separator: value('base64_salt_separator'),
    rounds: value('rounds'),
    mem_cost: value('mem_cost'),
    isMapped: value('map') !== '' || field === 'map',
    errors: {
      file: at('file'),
      second: isSecond ? text : undefined,
      map: at('map'),
      base64_signer_key: at('base64_signer_key'),
      base64_salt_separator: at('base64_salt_separator'),
      rounds: at('rounds'),
      mem_cost: at('mem_cost'),
      page: isSecond || known.some((one) => one === field) ? undefined : text,
    },
  };
}
