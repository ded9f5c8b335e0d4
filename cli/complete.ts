import { openTerminal } from '../setup/terminal/terminal.ts';
import { COMMANDS } from './commands/index.ts';
import { Context } from './context.ts';
import type { Environment } from './environment.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { Hosts } from './hosts.ts';
import { Output } from './output/output.ts';

const PATIENCE_MS = 2_000;
const APPS = 100;

/** Words that may stand in the last place, for the shell that asks; nothing rather than an error. */
export async function complete(words: readonly string[], env: Environment): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  try {
    const found = await candidates(words.slice(0, -1), typed, env);
    return found.filter((word) => word.startsWith(typed) && !/\p{Cc}/u.test(word));
  } catch {
    return [];
  }
}

async function candidates(before: readonly string[], typed: string, env: Environment): Promise<string[]> {
  const previous = before.at(-1);
  if (previous === '--host') return new Hosts(env).names();
  if (previous === '--app') return appNames(before, env);
  const [first, verb, ...rest] = withoutOptions(before);
  const named = COMMANDS.find(({ name }) => name === (name.includes(' ') ? `${first} ${verb}` : first));
  if (typed.startsWith('-')) {
    const own = named?.options ?? [];
    return [...own, ...GLOBAL_OPTIONS].map(([flags]) => /--[\w-]+/.exec(flags)?.[0] ?? flags);
  }
  if (!named) {
    const names = COMMANDS.map(({ name }) => name.split(' '));
    if (first === undefined) return [...new Set(names.map(([noun = '']) => noun))];
    return names.flatMap(([noun, word]) =>
      noun === first && word !== undefined && verb === undefined ? [word] : [],
    );
  }
  if (rest.length > 0) return [];
  if (named.name === 'host use' || named.name === 'host remove') return new Hosts(env).names();
  if (named.name === 'app use') return appNames(before, env);
  if (named.name === 'app keys') return ['prepare', 'activate', 'retire'];
  if (named.name === 'completion') return ['bash', 'zsh', 'fish'];
  return [];
}

/** Words that are neither options nor the values of global ones. */
function withoutOptions(words: readonly string[]): string[] {
  const withValue = GLOBAL_OPTIONS.filter(([flags]) => flags.includes('<')).map(
    ([flags]) => flags.split(' ')[0],
  );
  return words.filter((word, at) => !word.startsWith('-') && !withValue.includes(words[at - 1] ?? ''));
}

async function appNames(before: readonly string[], env: Environment): Promise<string[]> {
  const at = before.indexOf('--host');
  const remarks = openTerminal(process.stderr);
  const output = new Output({ format: 'text', raw: false, stream: process.stdout, remarks });
  const host = at < 0 ? undefined : before[at + 1];
  const globals = { host, yes: false, input: false, timeoutMs: PATIENCE_MS };
  const context = new Context({ env, globals, output, terminal: remarks });
  const { rows } = await (await context.host()).apps.overview({ limit: APPS });
  return rows.map(({ name }) => name);
}
