import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makePrivateFolder, writeFileWhole } from '../setup/installation/files.ts';
import type { Environment } from './environment.ts';
import { CliError, EXIT } from './exit.ts';

interface KeptHost {
  url: string;
  secret: string;
}
interface Content {
  current?: string | undefined;
  hosts: Record<string, KeptHost>;
  /** The app in use, by the address of its host. */
  apps: Record<string, string>;
}

const OTHERS = 0o077;
const NAME = /^[A-Za-z\d][\w.-]{0,63}$/;

/** Hosts and apps that were chosen: `hosts.json` in the configuration folder of the person. */
export class Hosts {
  readonly file: string;
  #content: Content | undefined;
  constructor(env: Environment) {
    const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
    this.file = join(folder, 'cosync', 'hosts.json');
  }

  get current(): string | undefined {
    return this.#read().current;
  }
  names(): string[] {
    return Object.keys(this.#read().hosts).sort();
  }
  find(name: string): KeptHost | undefined {
    const { hosts } = this.#read();
    return Object.hasOwn(hosts, name) ? hosts[name] : undefined;
  }
  appOf(url: string): string | undefined {
    return this.#read().apps[url];
  }

  /** Throws `CliError` 64 for what is no name. */
  keep(name: string, host: KeptHost): void {
    if (!NAME.test(name)) {
      throw new CliError(
        EXIT.usage,
        `${JSON.stringify(name)} is no name for a host.`,
        'Use letters, digits, dots and dashes.',
      );
    }
    const { hosts, ...rest } = this.#read();
    this.#write({ ...rest, hosts: { ...hosts, [name]: host } });
  }
  forget(name: string): void {
    const { hosts, current, apps } = this.#read();
    const { [name]: gone, ...others } = hosts;
    const { [gone?.url ?? '']: _, ...otherApps } = apps;
    const isUsed = Object.values(others).some(({ url }) => url === gone?.url);
    this.#write({ hosts: others, apps: isUsed ? apps : otherApps, ...(current !== name && { current }) });
  }
  use(name: string | undefined): void {
    this.#write({ ...this.#read(), current: name });
  }
  useApp(url: string, appId: string | undefined): void {
    const { apps, ...rest } = this.#read();
    const { [url]: _, ...others } = apps;
    this.#write({ ...rest, apps: appId === undefined ? others : { ...others, [url]: appId } });
  }

  #read(): Content {
    this.#content ??= contentOf(this.file);
    return this.#content;
  }
  #write(content: Content): void {
    makePrivateFolder(dirname(this.file));
    writeFileWhole(this.file, `${JSON.stringify(content, undefined, 2)}\n`);
    this.#content = content;
  }
}

function contentOf(file: string): Content {
  if (!existsSync(file)) return { hosts: {}, apps: {} };
  if ((statSync(file).mode & OTHERS) !== 0) {
    throw new CliError(
      EXIT.configuration,
      `Others on this machine can read ${file}, which holds secrets.`,
      `chmod 600 ${file}`,
    );
  }
  try {
    const { current, hosts = {}, apps = {} }: Partial<Content> = JSON.parse(readFileSync(file, 'utf8'));
    if (!isTextTable(apps) || !Object.values(hosts).every(isKeptHost)) throw new TypeError('other values');
    return { ...(typeof current === 'string' && { current }), hosts, apps };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is not as this program writes it';
    throw new CliError(EXIT.configuration, `Cannot use ${file}: ${why}.`, 'Mend it or remove it.');
  }
}

function isKeptHost({ url, secret }: Partial<KeptHost>): boolean {
  return typeof url === 'string' && typeof secret === 'string';
}

function isTextTable(table: object): boolean {
  return Object.values(table).every((value) => typeof value === 'string');
}
