import { userInfo } from 'node:os';
import { type CallOptions, createHostClient, type HostClient } from '../client/host/index.ts';
import type { Terminal } from '../setup/terminal/terminal.ts';
import type { Environment } from './environment.ts';
import { type ChosenApp, findApp } from './find-app.ts';
import { Hosts } from './hosts.ts';
import type { Output } from './output/output.ts';
import { type Target, whichHost } from './which-host.ts';

/** Options that every command has. */
export interface Globals {
  host?: string | undefined;
  app?: string | undefined;
  yes: boolean;
  /** False after `--no-input`. */
  input: boolean;
  timeoutMs?: number | undefined;
}

/** What a command works with. Host and app are looked for when they are first needed. */
export class Context {
  readonly env: Environment;
  readonly globals: Globals;
  readonly output: Output;
  /** Where remarks, questions and progress go: standard error. */
  readonly terminal: Terminal;
  readonly hosts: Hosts;
  /** Where somebody sits who can be asked. */
  readonly canAsk: boolean;
  /** Options of calls with a deadline of their own. */
  readonly calls: CallOptions;
  /** The host that was found, for whoever explains an error. */
  found: Target | undefined;
  #target: Promise<Target> | undefined;
  #client: HostClient | undefined;
  #app: Promise<ChosenApp> | undefined;

  constructor(given: { env: Environment; globals: Globals; output: Output; terminal: Terminal }) {
    this.env = given.env;
    this.globals = given.globals;
    this.output = given.output;
    this.terminal = given.terminal;
    this.hosts = new Hosts(given.env);
    this.canAsk = given.globals.input && process.stdin.isTTY === true && given.terminal.stream.isTTY === true;
    this.calls = given.globals.timeoutMs === undefined ? {} : { timeoutMs: given.globals.timeoutMs };
  }

  async target(): Promise<Target> {
    this.#target ??= whichHost(this.globals.host, this.env, this.hosts);
    this.found = await this.#target;
    return this.found;
  }
  async host(): Promise<HostClient> {
    this.#client ??= this.clientOf(await this.target());
    return this.#client;
  }
  clientOf({ url, secret }: Pick<Target, 'url' | 'secret'>): HostClient {
    return createHostClient({ url, secret, operator: operatorName(), ...this.calls });
  }
  /** Throws `CliError` 64 where it cannot be told which app is meant, 1 where there is none. */
  app(): Promise<ChosenApp> {
    this.#app ??= this.#findApp();
    return this.#app;
  }
  async #findApp(): Promise<ChosenApp> {
    const { url } = await this.target();
    return findApp(await this.host(), this.globals.app, this.hosts.appOf(url));
  }
}

/** Who is at the keyboard; a container may have no name for it. */
function operatorName(): string | undefined {
  try {
    return `${userInfo().username} (cosync)`.slice(0, 120);
  } catch {
    return undefined;
  }
}
