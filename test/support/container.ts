import { execFile, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const BASE_NAME = 'docker.io/library/node:26-slim';
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** Why images cannot be built here, or undefined when they can. */
export function containerObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'building the image needs root (buildah with chroot isolation)';
  for (const tool of ['buildah', 'debootstrap']) {
    if (spawnSync(tool, ['--version']).error) return `${tool} is not installed (apt-get install ${tool})`;
  }
  return undefined;
}

/**
 * Builds the image of the project's Dockerfile without a container engine: on a Debian base made on the spot,
 * with this process's Node and npm, under the name that the Dockerfile's FROM has.
 */
export class ImageBuilder {
  readonly folder = mkdtempSync(join(tmpdir(), 'cosync-image-'));
  readonly #storage = [
    '--storage-driver',
    'vfs',
    '--root',
    join(this.folder, 'storage'),
    '--runroot',
    join(this.folder, 'run'),
  ];

  async buildah(...args: string[]): Promise<string> {
    const [command = '', ...rest] = args;
    const { stdout } = await run('buildah', [...this.#storage, command, ...rest], {
      cwd: PROJECT,
      maxBuffer: 64e6,
    });
    return stdout.trim();
  }

  async makeBase(): Promise<void> {
    const root = join(this.folder, 'base');
    await run('debootstrap', ['--variant=minbase', '--include=libatomic1,ca-certificates', 'bookworm', root]);
    cpSync(realpathSync(process.execPath), join(root, 'usr/local/bin/node'));
    const npm = dirname(dirname(realpathSync(String(spawnSync('which', ['npm']).stdout).trim())));
    mkdirSync(join(root, 'usr/local/lib/node_modules'), { recursive: true });
    cpSync(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
    await run('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm')]);
    if (existsSync(BUNDLE)) cpSync(BUNDLE, join(root, BUNDLE.slice(1)));
    rmSync(join(root, 'var/cache/apt'), { recursive: true, force: true });
    const container = await this.buildah('from', 'scratch');
    await this.buildah('add', '--quiet', container, root, '/');
    await this.buildah('config', '--env', `NODE_EXTRA_CA_CERTS=${BUNDLE}`, container);
    await this.buildah('commit', '--quiet', '--rm', container, BASE_NAME);
    rmSync(root, { recursive: true, force: true });
  }

  async buildImage(tag: string): Promise<void> {
    await this.buildah(
      'bud',
      '--isolation',
      'chroot',
      '--pull-never',
      '--layers=false',
      '-q',
      '-t',
      tag,
      '.',
    );
  }

  /** Megabytes that the image adds to its base. */
  async addedMegabytes(tag: string): Promise<number> {
    const size = async (name: string) => {
      const container = await this.buildah('from', '--pull-never', name);
      const folder = await this.buildah('mount', container);
      const { stdout } = await run('du', ['-sm', folder]);
      await this.buildah('rm', container);
      return Number.parseInt(stdout, 10);
    };
    return (await size(tag)) - (await size(BASE_NAME));
  }

  /**
   * A container of the image with `dataDir` as its volume, as the image's own user; its entry point runs in
   * the foreground.
   */
  async start(tag: string, dataDir: string, env: Record<string, string> = {}): Promise<RunningContainer> {
    const container = await this.buildah('from', '--pull-never', tag);
    // Chroot isolation would put the image's own, empty volume over the given folder; an engine does not.
    await this.buildah('config', '--volume', '/data-', container);
    const options = ['--isolation', 'chroot', '-v', `${dataDir}:/data`];
    for (const [name, value] of Object.entries(env)) options.push('--env', `${name}=${value}`);
    const child = spawn(
      'buildah',
      [...this.#storage, 'run', ...options, container, '--', 'node', 'docker/entrypoint.mjs'],
      {
        cwd: PROJECT,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return new RunningContainer(child, async (...command) =>
      this.buildah('run', ...options, container, '--', ...command),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The entry point's process and what it prints. */
export class RunningContainer {
  readonly exec: (...command: string[]) => Promise<string>;
  readonly output: string[] = [];
  readonly exited: Promise<number | null>;
  readonly #child: ReturnType<typeof spawn>;
  readonly #startedAt = performance.now();

  constructor(child: ReturnType<typeof spawn>, exec: (...command: string[]) => Promise<string>) {
    this.#child = child;
    this.exec = exec;
    this.exited = new Promise((resolve) => child.once('exit', resolve));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.output.push(line));
    }
  }

  /**
   * The opened port, and milliseconds since the start; rejects with everything printed when the container
   * ends first.
   */
  async listening(): Promise<{ port: number; afterMs: number }> {
    for (;;) {
      const line = this.output.find((text) => text.includes('"listening"'));
      if (line)
        return { port: JSON.parse(line).port, afterMs: Math.round(performance.now() - this.#startedAt) };
      const ended = await Promise.race([
        this.exited.then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), 20)),
      ]);
      if (ended) throw new Error(`the container ended:\n${this.output.join('\n')}`);
    }
  }

  /** What a container engine does at a stop: SIGTERM to the process inside. Answers its exit code. */
  async stop(): Promise<number | null> {
    const inside = descendants(this.#child.pid ?? 0).find((pid) =>
      /^\S*\/node docker\/entrypoint\.mjs/.test(commandOf(pid)),
    );
    if (inside !== undefined) process.kill(inside, 'SIGTERM');
    return this.exited;
  }
}

/** All processes below one, by Linux' /proc. */
function descendants(ancestor: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^PPid:\t(\d+)$/m.exec(procFile(name, 'status'))?.[1];
    if (parent) children.set(Number(parent), [...(children.get(Number(parent)) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(ancestor);
}

function commandOf(pid: number): string {
  return procFile(String(pid), 'cmdline').replaceAll('\0', ' ');
}

function procFile(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
