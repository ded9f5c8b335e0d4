import type { App, MetadataField } from '../../client/host/apps.ts';
import { LOCALES } from '../../server/model/locale.ts';
import type { Texts } from '../frame/texts.ts';
import { languageTag } from '../frame/texts.ts';
import { heldValues, listOf } from './form.ts';
import { type Field, GROUP_IDS, type Group, groupOf, type Typed } from './groups.ts';

/** The group whose form was refused, as it was typed. */
interface RefusedGroup {
  id: string;
  typed: Typed;
  faults: Readonly<Record<string, string>>;
  fault?: string;
}

/** Every group as the view `settings` shows it, one of them perhaps as somebody typed it. */
export function shownGroups(texts: Texts, app: App, refused: RefusedGroup | undefined) {
  return GROUP_IDS.map((id) => {
    const group = groupOf(id) as Group;
    const held = heldValues(app, group);
    const mine = refused?.id === id ? refused : undefined;
    const values = mine?.typed ?? held;
    const list = listOf(id);
    return {
      id,
      title: texts.say(`set.group.${id}`),
      hint: texts.say(`set.group.${id}.hint`),
      was: JSON.stringify(held),
      fault:
        mine?.fault ??
        (list && mine?.faults[list]) ??
        (id === 'languages' ? mine?.faults.locales : undefined),
      controls: group.fields.map((field) => control(texts, app, field, values, mine?.faults[field.name])),
      list: list && fieldTable(list, app[list], values[list] ?? '[]'),
      languages: id === 'languages' ? languageChoice(texts, values.locales ?? '') : undefined,
      isTokens: id === 'tokens',
      isProviders: id === 'providers',
    };
  });
}

function control(texts: Texts, app: App, field: Field, values: Typed, error: string | undefined) {
  const { name, kind } = field;
  const value = values[name] ?? '';
  const hint = texts.has(`set.${name}.hint`) ? texts.say(`set.${name}.hint`) : undefined;
  const common = { name, label: texts.say(`set.${name}`), value, hint, error };
  switch (field.kind) {
    case 'flag':
      return { ...common, isFlag: true, checked: value === 'on' };
    case 'choice':
      return {
        ...common,
        options: field.values.map((one) => ({
          value: one,
          label: texts.say(`set.${name}.${one}`),
          chosen: one === value,
        })),
      };
    case 'lines':
      return { ...common, isArea: true };
    case 'secret': {
      const mask = String(app[name] ?? '');
      return { ...common, isSecret: true, mask, clear: texts.say('set.clear', { name: common.label }) };
    }
    case 'number':
      return { ...common, isInput: true, inputmode: 'decimal', type: 'text' };
    case 'text':
      return { ...common, isInput: true, type: kind === 'text' ? (field.type ?? 'text') : 'text' };
  }
}

/** The rows of a list of fields with a new one at the end, and what its claims look like. */
function fieldTable(list: 'metaData' | 'metaDataInvite', stored: readonly MetadataField[], json: string) {
  const typed = JSON.parse(json) as MetadataField[];
  const fresh = { path: '', fieldName: '', required: false, canEdit: true };
  const rows = [...typed, fresh].map((field, n) => ({
    n,
    id: stored.find(({ path }) => path === field.path)?.id ?? '',
    path: field.path,
    label: field.fieldName,
    required: field.required,
    canEdit: field.canEdit ?? false,
    place: n + 1,
    isFresh: n === typed.length,
  }));
  return {
    rows,
    count: rows.length,
    isUser: list === 'metaData',
    tree: typed.length > 0 ? JSON.stringify(treeOf(typed), null, 2) : undefined,
  };
}

type Tree = { [name: string]: Tree | string };
function treeOf(fields: readonly MetadataField[]): Tree {
  const root: Tree = Object.create(null) as Tree;
  for (const { path, fieldName } of fields) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let place = root;
    for (const name of names) {
      const inner = place[name];
      const next: Tree = typeof inner === 'object' ? inner : (Object.create(null) as Tree);
      place[name] = next;
      place = next;
    }
    place[last] = fieldName;
  }
  return root;
}

/** Those the app has, and those it could have, by the names they have in the operator's language. */
function languageChoice(texts: Texts, joined: string) {
  const names = new Intl.DisplayNames([languageTag(texts.language)], { type: 'language', fallback: 'code' });
  const nameOf = (code: string) => `${names.of(code.toLowerCase()) ?? code} (${code})`;
  const present = joined.split('\n').filter((code) => code !== '');
  const others = [...LOCALES].filter((code) => !present.includes(code));
  return {
    present: present.map((code) => ({ code, label: nameOf(code), fixed: code === 'EN' })),
    others: others
      .map((value) => ({ value, label: nameOf(value), chosen: false }))
      .sort((one, other) => one.label.localeCompare(other.label, languageTag(texts.language))),
  };
}
