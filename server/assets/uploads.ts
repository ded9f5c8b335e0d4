import type { Stats, StatsFs } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StorageStep, StorageStepName } from '../ports/assets/asset-storage.ts';
import type { Arrival, Reception } from '../ports/assets/local-assets.ts';
import { HOUR_MS } from '../tools/duration.ts';

/** The disk keeps this much free, or a twentieth of it where that is less. */
const RESERVE_BYTES = 1024 ** 3;
const RESERVE_SHARE = 0.05;
/** So many bytes later the disk is looked at again. */
const LOOK_BYTES = 64 * 1024 * 1024;
/** So often a reception looks whether somebody still wants what it receives. */
const WANTED_MS = 2_000;
/**
 * Receptions of one object at once: each takes as much of the disk as was reserved once. A device that comes
 * back finds one or two that have not noticed yet that it left.
 */
const AT_ONCE = 4;
/** Nobody goes on with what has not moved for longer than its address lives. */
const ABANDONED_MS = 2 * HOUR_MS;

/** A file of a reception that another process began, as it was found. */
type Left = Pick<Stats, 'size' | 'mtimeMs'> & { path: string };

type Space = (folder: string) => Promise<Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>>;

/**
 * What is on its way: each reception writes a file of its own, which takes its place in one step when it is
 * whole. What broke off lies aside under the name of its object, for whoever goes on first.
 */
export class Uploads {
  readonly #folder: string;
  readonly #newId: () => string;
  readonly #space: Space;
  readonly #receiving = new Map<string, number>();
  readonly #left: Promise<Map<string, Left[]>>;
  /** `space`: what the disk of a folder has. Looks at once what an earlier process left in `folder`. */
  constructor(folder: string, newId: () => string, space: Space = (path) => statfs(path)) {
    this.#folder = folder;
    this.#newId = newId;
    this.#space = space;
    this.#left = this.#look();
  }

  #aside(name: string): string {
    return join(this.#folder, `${name}.partial`);
  }

  async received(name: string): Promise<number> {
    await this.#rescue(name);
    const found = await stat(this.#aside(name)).catch(() => undefined);
    return found?.size ?? 0;
  }

  /**
   * Sets aside what was on its way when the process that received it was killed. What has moved since this
   * process began is received by another one that shares the folder; times are not asked, for the clock may
   * have been set.
   */
  async #rescue(name: string): Promise<void> {
    const left = (await this.#left).get(name) ?? [];
    if (left.length === 0) return;
    let most = (await stat(this.#aside(name)).catch(() => undefined))?.size ?? 0;
    for (const { path, size, mtimeMs } of left) {
      const found = await stat(path).catch(() => undefined);
      if (found?.size !== size || found.mtimeMs !== mtimeMs || size <= most) continue;
      most = size;
      await rename(path, this.#aside(name)).catch(() => undefined);
    }
    (await this.#left).delete(name);
  }

  /** What lies here before this process has received anything, by the name of its object. */
  async #look(): Promise<Map<string, Left[]>> {
    const left = new Map<string, Left[]>();
    for (const entry of await readdir(this.#folder).catch(() => [])) {
      const name = entry.slice(0, entry.lastIndexOf('.'));
      const path = join(this.#folder, entry);
      const found = path === this.#aside(name) ? undefined : await stat(path).catch(() => undefined);
      if (found)
        left.set(name, [...(left.get(name) ?? []), { path, size: found.size, mtimeMs: found.mtimeMs }]);
    }
    return left;
  }

  async forget(name: string): Promise<void> {
    await rm(this.#aside(name), { force: true });
  }

  async receive(name: string, target: string, arrival: Arrival): Promise<Reception> {
    const others = this.#receiving.get(name) ?? 0;
    if (others >= AT_ONCE) return 'busy';
    this.#receiving.set(name, others + 1);
    try {
      return await this.#receive(name, target, arrival);
    } finally {
      const left = (this.#receiving.get(name) ?? 1) - 1;
      if (left > 0) this.#receiving.set(name, left);
      else this.#receiving.delete(name);
    }
  }

  async #receive(name: string, target: string, arrival: Arrival): Promise<Reception> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (!(await this.#hasRoom())) return 'no_room';
    const own = join(this.#folder, `${name}.${this.#newId()}`);
    if (arrival.from > 0) await this.#rescue(name);
    if (arrival.from > 0 && !(await this.#takeAside(name, own, arrival.from))) return 'elsewhere';
    const file = await open(own, arrival.from > 0 ? 'r+' : 'wx', 0o600);
    let outcome: Reception;
    try {
      if (arrival.from > 0) await file.truncate(arrival.from);
      outcome = await this.#write(file, arrival);
      if (outcome === 'whole' || outcome === 'partial') await file.sync();
    } catch (error) {
      if (!isFull(error)) throw error;
      outcome = 'no_room';
    } finally {
      await file.close();
    }
    const isKept = outcome === 'whole' || outcome === 'partial';
    if (isKept && (await this.#stateBeside(name, own, arrival)) !== 'open') outcome = 'closed';
    if (outcome === 'whole') await settle(own, target);
    else if (outcome === 'partial') await rename(own, this.#aside(name));
    else await rm(own, { force: true });
    if (outcome === 'whole') await this.forget(name);
    // What was removed between the two looks was removed before this took its place.
    if (outcome !== 'closed' && isKept && (await arrival.state()) === 'gone') {
      await rm(outcome === 'whole' ? target : this.#aside(name), { force: true });
      return 'closed';
    }
    return outcome;
  }

  /** What arrived outlives a database that cannot say whether anybody wants it, or that is closed by now. */
  async #stateBeside(name: string, own: string, { state }: Arrival): ReturnType<Arrival['state']> {
    try {
      return await state();
    } catch (error) {
      await rename(own, this.#aside(name));
      throw error;
    }
  }

  async #takeAside(name: string, own: string, from: number): Promise<boolean> {
    try {
      await rename(this.#aside(name), own);
    } catch {
      return false;
    }
    if ((await stat(own)).size >= from) return true;
    await rename(own, this.#aside(name));
    return false;
  }

  /** A connection that breaks off ends the bytes. */
  async #write(file: FileHandle, { from, size, most, bytes, state }: Arrival): Promise<Reception> {
    let at = from;
    let wantedAt = performance.now();
    let look = at + LOOK_BYTES;
    const end = size ?? most;
    try {
      for await (const chunk of bytes) {
        if (at + chunk.length > end) return 'too_large';
        await writeWhole(file, chunk, at);
        at += chunk.length;
        if (performance.now() - wantedAt > WANTED_MS) {
          if ((await state()) !== 'open') return 'closed';
          wantedAt = performance.now();
        }
        if (at < look) continue;
        look = at + LOOK_BYTES;
        if (!(await this.#hasRoom())) return 'no_room';
      }
    } catch (error) {
      if (isFull(error)) return 'no_room';
      return 'partial';
    }
    return size === undefined || at === size ? 'whole' : 'partial';
  }

  async #hasRoom(): Promise<boolean> {
    const { bavail, blocks, bsize } = await this.#space(this.#folder);
    return bavail * bsize >= Math.min(RESERVE_BYTES, RESERVE_SHARE * blocks * bsize);
  }

  async sweep(now: number): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const file = join(this.#folder, name);
      const found = await stat(file).catch(() => undefined);
      if (found && found.mtimeMs < now - ABANDONED_MS) await rm(file, { force: true });
    }
  }

  /** Writes, finds, reads and removes a small file. */
  async test(): Promise<StorageStep[]> {
    const own = join(this.#folder, `test.${this.#newId()}`);
    const steps: StorageStep[] = [];
    const walk: [StorageStepName, () => Promise<string>][] = [
      ['put', () => this.#putTest(own)],
      ['head', async () => `${(await stat(own)).size} bytes are there`],
      ['get', async () => `${(await readFile(own)).length} bytes were read`],
      ['delete', () => rm(own).then(() => 'the file is gone')],
    ];
    for (const [step, work] of walk) {
      const startedAt = performance.now();
      const outcome = await work().then(
        (seen) => ({ ok: true, seen }),
        (error: unknown) => ({ ok: false, seen: codeOf(error), repair: REPAIR }),
      );
      steps.push({ step, ms: Math.round(performance.now() - startedAt), ...outcome });
      if (!outcome.ok) break;
    }
    return steps;
  }

  async #putTest(own: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (!(await this.#hasRoom())) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    const file = await open(own, 'wx', 0o600);
    try {
      await file.write('test');
    } finally {
      await file.close();
    }
    return 'a file was written';
  }
}

const REPAIR = 'Make the folder `assets` below DATA_DIR writable for the host, and free space on its disk.';

/** The folder's entry too is on the disk before anybody is told. */
async function settle(own: string, target: string): Promise<void> {
  await rename(own, target);
  const folder = await open(dirname(target));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeWhole(file: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done);
    done += bytesWritten;
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
}
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
