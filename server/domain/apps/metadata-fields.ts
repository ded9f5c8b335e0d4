import type { App, MetadataField } from '../../model/app.ts';
import { RESERVED_PATHS } from '../../model/claims.ts';
import { type HostError, refused } from '../../model/errors.ts';
import { FIELD_PATH_LENGTH, FIELDS_MAX } from '../../model/portal-limits.ts';
import type { Deps } from '../../ports/deps.ts';
import { PROTOTYPE_NAMES } from '../users/metadata.ts';
import { changeApp } from './apps.ts';

/** The two lists of fields an app defines. */
export type FieldList = 'metaData' | 'metaDataInvite';

/** A field as the portal describes it; what is left out is false, a new id, the last part of the path. */
export interface NewField {
  id?: string | undefined;
  path: string;
  fieldName?: string | undefined;
  required?: boolean | undefined;
  canEdit?: boolean | undefined;
}

const DEPTH_MAX = 7;
const NAME = /^[^\p{Cc}\s.$]{1,64}$/u;

type FieldDeps = Pick<Deps, 'store' | 'clock' | 'codes' | 'events'>;

/**
 * Replaces one of the lists. Throws `app_gone`, and `refused` for a path that cannot be (contract P30, A14).
 */
export async function defineFields(
  deps: FieldDeps,
  { appId, list, fields }: { appId: string; list: FieldList; fields: readonly NewField[] },
): Promise<App> {
  const { after: app } = await changeApp(deps, appId, (current) => ({
    ...current,
    [list]: checkedFields(deps, list, current[list], fields),
  }));
  deps.events.emit('app_setting_changed', { appId, settings: [list] });
  return app;
}

/**
 * Removes the field at a 0-based position. Throws `app_gone`, and `refused` when there is none (contract P7).
 */
export async function removeField(
  deps: FieldDeps,
  { appId, list, index }: { appId: string; list: FieldList; index: number },
): Promise<App> {
  const { after: app } = await changeApp(deps, appId, (current) => {
    if (index >= current[list].length) {
      throw refused(`${list} has no field ${index}`, { reason: 'unknown_value', field: 'index' });
    }
    return { ...current, [list]: current[list].toSpliced(index, 1) };
  });
  deps.events.emit('app_setting_changed', { appId, settings: [list] });
  return app;
}

/** The list with `added` at its end. Throws `refused` for a path that is there already or cannot be. */
export function appendFields(
  deps: Pick<Deps, 'codes'>,
  list: FieldList,
  known: MetadataField[],
  added: readonly NewField[] | undefined,
): MetadataField[] {
  return added ? checkedFields(deps, list, known, [...known, ...added]) : known;
}

/**
 * The fields of an app that is moved in: as those a portal defines, but they keep reserved beginnings. Throws
 * `refused`.
 */
export function importedFields(
  deps: Pick<Deps, 'codes'>,
  list: FieldList,
  fields: readonly NewField[],
): MetadataField[] {
  for (const { path } of fields) requireUsablePath(path, list);
  return checkedFields(deps, list, fields, fields);
}

/**
 * Fields ready to be stored: safe paths, none twice and none inside another. Imported apps may keep a
 * reserved beginning they have, so only paths that are not `known` are held against the list.
 */
export function checkedFields(
  deps: Pick<Deps, 'codes'>,
  list: FieldList,
  known: readonly { path: string }[],
  fields: readonly NewField[],
): MetadataField[] {
  if (fields.length > FIELDS_MAX) {
    throw refused(`more than ${FIELDS_MAX} fields`, { reason: 'too_long', field: list });
  }
  const paths = fields.map(({ path }) => path);
  for (const [position, path] of paths.entries()) {
    if (!known.some((field) => field.path === path)) requireNewPath(path, list);
    if (paths.indexOf(path) !== position) throw refusedPath(`the path "${path}" stands twice`, path);
    const outer = paths.find((other) => path.startsWith(`${other}.`));
    if (outer !== undefined) throw refusedPath(`the path "${path}" lies inside "${outer}"`, path);
  }
  function refusedPath(detail: string, path: string): HostError {
    return refused(detail, { reason: 'unknown_value', field: list, path });
  }
  return fields.map(({ id, path, fieldName, required = false, canEdit = false }) => ({
    id: id || deps.codes.newId(),
    path,
    fieldName: fieldName || (path.split('.').at(-1) ?? path),
    required,
    ...(list === 'metaData' && { canEdit }),
  }));
}

/** Throws `refused` for a dotted path that metadata may not take, or that begins with a claim of the host. */
export function requireNewPath(path: string, field: string): void {
  requireUsablePath(path, field);
  if (RESERVED_PATHS.has(path.split('.')[0] ?? '')) {
    const detail = `the path "${path}" begins with a reserved name`;
    throw refused(detail, { reason: 'metadata_reserved', field, path });
  }
}

/**
 * Throws `refused` for a dotted path with empty or prototype names, control characters or blanks, and for one
 * too long or too deep.
 */
function requireUsablePath(path: string, field: string): void {
  const names = path.split('.', DEPTH_MAX + 1);
  const safe = names.every((name) => NAME.test(name) && name.isWellFormed());
  const fits = names.length <= DEPTH_MAX && path.length <= FIELD_PATH_LENGTH;
  const reserved = names.some((name) => PROTOTYPE_NAMES.has(name));
  if (safe && fits && !reserved) return;
  const reason = fits && reserved ? 'metadata_reserved' : 'unknown_value';
  throw refused(`the path "${path}" cannot be used`, { reason, field, path });
}
