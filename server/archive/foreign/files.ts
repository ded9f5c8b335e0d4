import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ForeignFiles, RefusedRow } from '../../ports/foreign-files.ts';
import { forSpreadsheet } from '../../tools/spreadsheet.ts';
import { openIndex } from './index-file.ts';
import { keepYoungSmall, letYoungGrow } from './young-generation.ts';

const NAME = /^[0-9a-f]{24}$/;
const REFUSED = 'refused.csv';
const INDEX = 'index.db';
/** Left free on the disk: a packed file can hold more rows than fit it. */
const RESERVE = 256 * 1024 * 1024;
const HEADER = 'line,reason,id\n';

/**
 * `ForeignFiles` in `<dataDir>/uploads/imports`, a folder for each import. `salt`: of an import by its name,
 * so that what the index keeps says nothing by itself.
 */
export function createForeignFiles(input: {
  dataDir: string;
  maxBytes: number;
  salt: (name: string) => string;
  folder: () => string;
}): ForeignFiles {
  const { dataDir, maxBytes, salt, folder } = input;
  const parent = join(dataDir, 'uploads', 'imports');
  const place = (name: string, file: string) => {
    if (!NAME.test(name)) throw new TypeError('no name of an import');
    return join(parent, name, file);
  };
  /** What is open of an import by its name: files that are removed must not stay on the disk. */
  const opened = new Map<string, Set<() => void>>();
  const register = (name: string, close: () => void) => {
    const all = opened.get(name) ?? new Set();
    opened.set(name, all.add(close));
    return () => {
      all.delete(close);
      if (all.size === 0 && opened.get(name) === all) opened.delete(name);
    };
  };
  async function release(name: string): Promise<void> {
    for (const close of opened.get(name) ?? []) close();
    opened.delete(name);
    const files = await readdir(place(name, '')).catch(() => []);
    for (const file of files) if (file !== REFUSED) await rm(place(name, file), { force: true });
  }
  return {
    folder,
    async keep(name, received) {
      await mkdir(place(name, ''), { recursive: true, mode: 0o700 });
      for (const [part, path] of Object.entries(received)) await rename(path, place(name, part));
    },
    async *rows(name, part, shape) {
      const { foreignRows } = await import('./rows.ts');
      const gone = new AbortController();
      const done = register(name, () => gone.abort());
      try {
        yield* foreignRows(place(name, part), shape, { maxBytes, gone: gone.signal });
      } finally {
        done();
      }
    },
    index(name, { again }) {
      const index = openIndex(place(name, INDEX), { salt: salt(name), again });
      const close = () => {
        letYoungGrow();
        index.close();
      };
      const done = register(name, close);
      return {
        ...index,
        commit() {
          keepYoungSmall();
          index.commit();
        },
        close() {
          done();
          close();
        },
      };
    },
    hasIndex: (name) => existsSync(place(name, INDEX)),
    async refuse(name, rows, bytes) {
      const file = await open(place(name, REFUSED), existsSync(place(name, REFUSED)) ? 'r+' : 'w+', 0o600);
      try {
        await file.truncate(bytes);
        const text = (bytes === 0 ? HEADER : '') + rows.map(csvLine).join('');
        await file.write(text, bytes);
        return bytes + Buffer.byteLength(text);
      } finally {
        await file.close();
      }
    },
    async refused(name) {
      return existsSync(place(name, REFUSED)) ? createReadStream(place(name, REFUSED)) : undefined;
    },
    refusedCsv: (rows) => Readable.from([HEADER + rows.map(csvLine).join('')]),
    async hasRoom() {
      const { bavail, bsize } = await statfs(dataDir);
      return bavail * bsize > RESERVE;
    },
    release,
    async sweep(stateOf) {
      for (const name of await readdir(parent).catch(() => [])) {
        if (!NAME.test(name)) continue;
        const state = await stateOf(name);
        if (state !== 'needed') await release(name);
        if (state === 'lost') await rm(join(parent, name), { recursive: true, force: true });
      }
    },
  };
}

function csvLine({ line, reason, id = '' }: RefusedRow): string {
  const guarded = forSpreadsheet(id);
  const cell = /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
  return `${line},${reason},${cell}\n`;
}
