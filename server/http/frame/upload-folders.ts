import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DAY_MS } from '../../tools/duration.ts';

/** Left free whatever is received. */
const RESERVE = 256 * 1024 * 1024;
/** Where the files of imports lie, which outlive the process that received them. */
const IMPORTS = 'imports';

/** What this process made and has not removed. */
const own = new Set<string>();

/**
 * Private folders for what is being uploaded, in `<dataDir>/uploads`. Several processes may share it, so each
 * names its folders by machine and process; what dead ones left goes when the next one starts.
 */
export class UploadFolders {
  readonly #parent: string;
  readonly #machine = hostname().replaceAll(/[^\w.]/g, '_');
  constructor(dataDir: string) {
    this.#parent = join(dataDir, 'uploads');
  }

  async make(): Promise<string> {
    mkdirSync(this.#parent, { recursive: true, mode: 0o700 });
    // mkdtemp makes the folder with mode 0700.
    const folder = await mkdtemp(join(this.#parent, `${this.#machine}-${process.pid}-`));
    own.add(folder);
    return folder;
  }

  /** Whether so many bytes more fit on the disk. */
  async hasRoom(bytes: number): Promise<boolean> {
    mkdirSync(this.#parent, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(this.#parent);
    return bavail * bsize - RESERVE > bytes;
  }

  /** How many bytes lie in a folder. */
  async size(folder: string): Promise<number> {
    let size = 0;
    for (const name of await readdir(folder).catch(() => [])) {
      size += await stat(join(folder, name)).then(
        (file) => file.size,
        () => 0,
      );
    }
    return size;
  }

  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
    own.delete(folder);
  }

  /**
   * Removes what is left of processes that are dead; of other machines, what is a day old. `now`: epoch ms.
   */
  sweep(now: number): void {
    try {
      for (const name of readdirSync(this.#parent)) {
        const folder = join(this.#parent, name);
        if (name !== IMPORTS && !this.#mayBeInUse(folder, name, now))
          rmSync(folder, { recursive: true, force: true });
      }
    } catch {
      // None was ever made, or another process is faster.
    }
  }

  #mayBeInUse(folder: string, name: string, now: number): boolean {
    if (own.has(folder)) return true;
    const [, machine, pid] = /^(.*)-(\d+)-\w+$/.exec(name) ?? [];
    const mayLive = machine !== this.#machine || (Number(pid) !== process.pid && isAlive(Number(pid)));
    return mayLive && statSync(folder).mtimeMs > now - DAY_MS;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
