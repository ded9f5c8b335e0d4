import { Command as Commander, CommanderError, Option } from 'commander';
import { VERSION } from '../server/config/version.ts';
import { openTerminal } from '../setup/terminal/terminal.ts';
import { type Command, Given } from './command.ts';
import { COMMANDS, NOUNS } from './commands/index.ts';
import { Context, type Globals } from './context.ts';
import type { Environment } from './environment.ts';
import { CliError, EXIT } from './exit.ts';
import { explain } from './explain.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { type Format, Output } from './output/output.ts';

/**
 * Runs `cosync` with these arguments; answers the exit code. Whatever is wrong ends in a sentence and a
 * repair on standard error, never in a stack trace.
 */
export async function main(argv: readonly string[], env: Environment): Promise<number> {
  if (argv[0] === '__complete') {
    const { complete } = await import('./complete.ts');
    process.stdout.write((await complete(argv.slice(1), env)).map((word) => `${word}\n`).join(''));
    return EXIT.done;
  }
  const terminal = openTerminal(process.stderr);
  let context: Context | undefined;
  let exitCode = 0;
  process.once('SIGINT', () => process.exit(EXIT.cancelled));
  // A reader that has seen enough, such as head, is no fault.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === 'EPIPE' ? EXIT.done : EXIT.cannotWrite);
  });
  const program = buildProgram(async (command, given, options) => {
    context = contextOf(options, env);
    exitCode = (await command.run(context, given)) ?? EXIT.done;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { exitCode: code, lines } = explain(error, context?.found);
    const [what, ...repairs] = lines;
    terminal.line(`${terminal.style('red', 'cosync:')} ${what}`);
    for (const repair of repairs) terminal.line(`  ${repair}`);
    return code;
  }
}

type Run = (command: Command, given: Given, options: Readonly<Record<string, unknown>>) => Promise<void>;

function buildProgram(run: Run): Commander {
  const program = new Commander('cosync')
    .description('Runs a CoSync Auth host from the terminal: what the portal can do.')
    .version(VERSION, '--version', 'the version')
    .helpOption('--help', 'this text')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'cosync: ')) })
    .addHelpText('after', EXIT_CODES);
  for (const option of globalOptions()) program.addOption(option);
  const parents = new Map<string, Commander>();
  for (const command of COMMANDS) {
    const [first = '', verb] = command.name.split(' ');
    if (verb === undefined) addCommand(program, command, run);
    else {
      let noun = parents.get(first);
      if (!noun) {
        noun = program
          .command(first)
          .description(NOUNS[first] ?? '')
          .helpCommand(false);
        parents.set(first, noun);
      }
      addCommand(noun, command, run);
    }
  }
  return program;
}

function addCommand(parent: Commander, command: Command, run: Run): void {
  const name = command.name.split(' ').at(-1) ?? '';
  const made = parent
    .command(name)
    .description(command.summary)
    .showHelpAfterError(`  cosync ${command.name} --help`);
  for (const [form, help] of command.arguments ?? []) made.argument(form, help);
  for (const [flags, help] of command.options ?? []) made.option(flags, help);
  made.addHelpText('after', `\nExample:\n  cosync ${command.example}\n`);
  made.action(async () => {
    const words = made.processedArgs.flat().filter((word): word is string => typeof word === 'string');
    await run(command, new Given(words, made.opts()), made.optsWithGlobals());
  });
}

function globalOptions(): Option[] {
  const formats = ['json', 'jsonl', 'csv'];
  return GLOBAL_OPTIONS.map(([flags, help]) => {
    const option = new Option(flags, help);
    if (flags.startsWith('--timeout')) option.argParser(secondsOf);
    return formats.includes(option.name())
      ? option.conflicts(formats.filter((name) => name !== option.name()))
      : option;
  });
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new CliError(EXIT.usage, `--timeout ${JSON.stringify(text)} is no number of seconds.`);
}

function contextOf(options: Readonly<Record<string, unknown>>, env: Environment): Context {
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const globals: Globals = {
    host: text('host'),
    app: text('app'),
    yes: options.yes === true,
    input: options.input !== false,
    timeoutMs: typeof options.timeout === 'number' ? options.timeout * 1000 : undefined,
  };
  const format = (['json', 'jsonl', 'csv'] as const).find((name) => options[name] === true) ?? 'text';
  const terminal = openTerminal(process.stderr);
  const output = new Output({
    format: format satisfies Format,
    raw: options.raw === true,
    stream: process.stdout,
    remarks: terminal,
  });
  return new Context({ env, globals, output, terminal });
}

const EXIT_CODES = `
Which host: --host, COSYNC_URL with COSYNC_SECRET or COSYNC_SECRET_FILE, the one of \`cosync host use\`, the data folder here.
Exit codes: 0 done · 1 refused or not found · 64 usage · 65 bad input · 66 file missing · 69 host unreachable
· 75 try again · 77 secret refused · 78 configuration · 130 Ctrl-C.
`;
