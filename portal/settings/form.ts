import type { App, MetadataField, SettingsChange } from '../../client/host/apps.ts';
import type { Form } from '../frame/form.ts';
import { type Field, type Group, type GroupId, shownValues, type Typed } from './groups.ts';

/** What is in a form of a group: values as text, and what to ask the host for. */
export interface Sent {
  typed: Typed;
  change: SettingsChange;
  /** Names of settings whose text cannot be a value at all. */
  wrong: string[];
}

/** What a group holds, in the form in which `Sent` has it. */
export function heldValues(app: App, { id, fields }: Group): Record<string, string> {
  const list = LISTS[id];
  if (list) return { [list]: JSON.stringify(app[list]?.map(comparable) ?? []) };
  if (id === 'languages') return { locales: app.locales.join('\n') };
  return shownValues(app, fields);
}

/** Names of the lists of fields, by their group. */
const LISTS: Partial<Record<GroupId, 'metaData' | 'metaDataInvite'>> = {
  userFields: 'metaData',
  inviteFields: 'metaDataInvite',
};
export function listOf(id: GroupId): 'metaData' | 'metaDataInvite' | undefined {
  return LISTS[id];
}

/** Reads the form of a group. */
export function readGroup(form: Form, { id, fields }: Group): Sent {
  const list = LISTS[id];
  if (list) {
    const rows = readFields(form, list);
    return { typed: { [list]: JSON.stringify(rows.map(comparable)) }, change: { [list]: rows }, wrong: [] };
  }
  if (id === 'languages') {
    const locales = [...new Set(['EN', ...form.all('locale'), form.get('add')].filter((one) => one !== ''))];
    return { typed: { locales: locales.join('\n') }, change: { locales }, wrong: [] };
  }
  const typed: Record<string, string> = {};
  const change: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const field of fields) {
    const { name, kind } = field;
    const text = kind === 'flag' ? (form.has(name) ? 'on' : '') : form.get(name).trim();
    // A secret that was typed is not shown again.
    typed[name] = kind === 'secret' ? '' : text;
    const value = readValue(form, field, text);
    if (value === 'wrong') wrong.push(name);
    else if (value !== undefined) change[name] = value.is;
  }
  return { typed, change: change as SettingsChange, wrong };
}

/** Undefined: nothing to ask for. */
function readValue(
  form: Form,
  { name, kind, required }: Field,
  text: string,
): { is: unknown } | 'wrong' | undefined {
  switch (kind) {
    case 'flag':
      return { is: text === 'on' };
    case 'number':
      return text === '' || Number.isNaN(Number(text)) ? 'wrong' : { is: Number(text) };
    case 'lines':
      return {
        is: text
          .split(/[\n,]/)
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      };
    case 'secret':
      if (form.has(`clear.${name}`)) return { is: '' };
      return text === '' ? undefined : { is: text };
    case 'choice':
    case 'text':
      return required && text === '' ? 'wrong' : { is: text };
  }
}

/** Rows in the order that their numbers say; without a path a row is none. */
function readFields(form: Form, list: 'metaData' | 'metaDataInvite'): MetadataField[] {
  const count = Math.min(Number(form.get('rows')) || 0, 200);
  const rows = Array.from({ length: count }, (_, n) => ({
    place: Number(form.get(`order.${n}`)) || n + 1,
    field: {
      id: form.get(`id.${n}`),
      path: form.get(`path.${n}`).trim(),
      fieldName: form.get(`label.${n}`).trim(),
      required: form.has(`required.${n}`),
      ...(list === 'metaData' && { canEdit: form.has(`edit.${n}`) }),
    },
    isGone: form.has(`remove.${n}`),
  }));
  return rows
    .filter(({ field, isGone }) => field.path !== '' && !isGone)
    .sort((one, other) => one.place - other.place)
    .map(({ field }) => field);
}

/** A field without what the host makes up. */
function comparable({ path, fieldName, required, canEdit }: MetadataField) {
  const last = path.split('.').at(-1) ?? path;
  return { path, fieldName: fieldName || last, required, canEdit: canEdit ?? false };
}
