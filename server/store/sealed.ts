import type { Events } from '../ports/log/events.ts';
import { type FieldCipher, TamperError } from '../ports/security/sealing.ts';
import { BoundedMap } from '../tools/bounded-map.ts';
import { frozen } from './cache.ts';
import type { StoredRow } from './engine.ts';
import type { TableName } from './tables.ts';

export interface SealingDeps {
  readonly cipher: FieldCipher;
  /**
   * False leaves what is personal readable and queryable in the database; what is secret is sealed all the
   * same.
   */
  readonly encryptUserData: boolean;
  readonly events?: Events;
  /**
   * Whether every row of a table that is sealed as a whole is known to be; absent = not yet
   * (`sealWholeRows`).
   */
  readonly isWhole?: () => boolean;
  /** Told of each row that does not open while many are read. */
  readonly onSetAside?: (table: TableName, row: StoredRow) => void;
}

/** Which fields of a record leave the process only sealed. */
export interface SealedFields<T> {
  /** Always: keys, seeds, credentials, hashes. */
  secret: readonly (keyof T & string)[];
  /** Unless `encryptUserData` is off: what says who a person is. */
  personal: readonly (keyof T & string)[];
  /**
   * Everything is sealed, for everything decides who may do what: who can write the database can change
   * nothing in such a row unnoticed. With `encryptUserData` off what is personal stands in the clear as well,
   * to be read and searched by others; the host does not look at it.
   */
  whole?: true;
}

type Doc = Record<string, unknown>;
type OpenableRow = Pick<StoredRow, 'appId' | 'id' | 'doc'>;
const SCHEMA = 1;
/** Of a row sealed as a whole. */
const WHOLE = 2;
/** Records of a table whose sealed part is remembered opened. */
const REMEMBERED = 5_000;
/**
 * Rows of a table that do not open and were told of: a list asked for again and again must not fill the log.
 */
const TOLD = 1_000;

/**
 * Turns the fields of a record into what is stored and back. All sealed fields of a record are one text,
 * `sealed`, bound to table, app and row; a record tells by its presence what was sealed, so `encryptUserData`
 * can change at any time. Rows written before tables were sealed as a whole open until `isWhole` says that
 * none is left.
 */
export class Sealer<T extends object> {
  readonly #table: TableName;
  readonly #fields: SealedFields<T>;
  readonly #sealed: ReadonlySet<string>;
  readonly #deps: SealingDeps;
  readonly #opened = new BoundedMap<{ sealed: string; hidden: Partial<T> }>(REMEMBERED);
  readonly #told = new BoundedMap<string>(TOLD);

  constructor(table: TableName, fields: SealedFields<T>, deps: SealingDeps) {
    this.#table = table;
    this.#fields = fields;
    this.#sealed = new Set(deps.encryptUserData ? [...fields.secret, ...fields.personal] : fields.secret);
    this.#deps = deps;
  }

  seal(place: { appId: string; id: string }, fields: Partial<T>): Doc {
    if (this.#fields.whole) return this.#sealWhole(place, fields);
    const clear: Doc = { schema: SCHEMA };
    const hidden: Doc = {};
    let anyHidden = false;
    for (const name in fields) {
      const value = fields[name];
      if (value === undefined) continue;
      if (this.#sealed.has(name)) {
        hidden[name] = value;
        anyHidden = true;
      } else clear[name] = plain(value);
    }
    if (anyHidden) {
      clear.sealed = this.#deps.cipher.seal(JSON.stringify(hidden), this.#associated(place));
    }
    return clear;
  }

  #sealWhole(place: { appId: string; id: string }, fields: Partial<T>): Doc {
    const doc: Doc = {
      schema: WHOLE,
      sealed: this.#deps.cipher.seal(JSON.stringify(fields), this.#associated(place, true)),
    };
    if (this.#deps.encryptUserData) return doc;
    for (const name of this.#fields.personal) if (fields[name] !== undefined) doc[name] = plain(fields[name]);
    return doc;
  }

  /** Whether a row has the form that tables sealed as a whole have now. */
  isWhole(row: Pick<StoredRow, 'doc'>): boolean {
    return row.doc.schema === WHOLE;
  }

  /**
   * Throws `TamperError` when the record was changed by anyone but a host with this key, or is no record any
   * more; `tamper_detected` names it once a process, however often it is read. With `remember` what was
   * sealed is kept opened, and need not be opened again while the stored text is the same: token checks read
   * the same users again and again.
   */
  open(row: OpenableRow, remember = false): Partial<T> {
    try {
      return this.#fieldsOf(row, remember);
    } catch (error) {
      this.#tell(row);
      throw error;
    }
  }

  /** As `open`, for whoever reads many: `undefined` for a row that does not open. */
  tryOpen(row: StoredRow): Partial<T> | undefined {
    try {
      return this.open(row);
    } catch (error) {
      if (!(error instanceof TamperError)) throw error;
      this.#deps.onSetAside?.(this.#table, row);
      return undefined;
    }
  }

  /** What `open` throws, for a row that opens and is not where it was put. */
  tampered(row: OpenableRow, what: string): TamperError {
    this.#tell(row);
    return new TamperError(what);
  }

  #fieldsOf(row: OpenableRow, remember: boolean): Partial<T> {
    const { sealed, schema, ...clear } = row.doc;
    if (typeof schema !== 'number') throw new TamperError('no document of a host');
    if (schema === WHOLE) return this.#wholeFields(row, clear, remember);
    if (this.#fields.whole && this.#deps.isWhole?.()) throw new TamperError('not sealed as a whole');
    // A secret that stands in the clear was not written by a host.
    for (const name of this.#fields.secret) if (name in clear) throw new TamperError(`${name} is not sealed`);
    if (sealed === undefined) return clear as Partial<T>;
    if (typeof sealed !== 'string') throw new TamperError('sealed is no text');
    return Object.assign(clear, this.#hidden(sealed, this.#associated(row), remember)) as Partial<T>;
  }

  #wholeFields(row: OpenableRow, clear: Doc, remember: boolean): Partial<T> {
    const { sealed } = row.doc;
    if (!this.#fields.whole || typeof sealed !== 'string') throw new TamperError('not sealed as a whole');
    const personal: readonly string[] = this.#fields.personal;
    for (const name in clear)
      if (!personal.includes(name)) throw new TamperError(`${name} stands in the clear`);
    return this.#hidden(sealed, this.#associated(row, true), remember);
  }

  #tell(row: OpenableRow): void {
    const place = this.#associated(row);
    const text = String(row.doc.sealed);
    if (this.#told.get(place) === text) return;
    this.#told.set(place, text);
    this.#deps.events?.emit('tamper_detected', { record: `${this.#table}/${row.id}`, field: 'sealed' });
  }

  #hidden(sealed: string, associated: string, remember: boolean): Partial<T> {
    const known = this.#opened.get(associated);
    if (known?.sealed === sealed) return known.hidden;
    const hidden: Partial<T> = JSON.parse(this.#deps.cipher.open(sealed, associated));
    // Many readers will get these values.
    if (remember) this.#opened.set(associated, { sealed, hidden: frozen(hidden) });
    return hidden;
  }

  #associated({ appId, id }: { appId: string; id: string }, whole = false): string {
    return `${this.#table}/${appId}/${id}${whole ? '#whole' : ''}`;
  }
}

/** Without what is undefined deeper down, which the databases would store in different ways. */
function plain(value: unknown): unknown {
  return typeof value === 'object' ? JSON.parse(JSON.stringify(value)) : value;
}
