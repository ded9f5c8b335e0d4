import { parseArgs } from 'node:util';
import { EXIT, SetupError } from './exit.ts';

/** Every option, once: parsing and `--help` are made from it. */
const OPTIONS = {
  yes: { type: 'boolean', help: 'ask nothing: answers come from the environment, else the defaults' },
  answers: {
    type: 'string',
    value: 'FILE',
    help: 'a JSON object of settings, e.g. {"PORT": 3000}; beats the environment',
  },
  app: { type: 'string', value: 'NAME', help: 'create the first app with this name, unless there is one' },
  operator: {
    type: 'string',
    value: 'EMAIL',
    help: 'print a one-time link to the portal for this person; with --yes part of the set-up',
  },
  'reset-factor': { type: 'boolean', help: 'with --operator: take the second factor off' },
  try: { type: 'boolean', help: 'after the start sign a test user up and show the verified token' },
  'no-start': { type: 'boolean', help: 'end after the summary' },
  json: { type: 'boolean', help: 'print the summary as one JSON object on stdout' },
  'skip-checks': { type: 'boolean', help: 'write the configuration although a check failed' },
  'data-dir': {
    type: 'string',
    value: 'DIR',
    help: 'where keys, settings and database live (default ./data)',
  },
  check: { type: 'boolean', help: 'change nothing; check keys, database, mail, SMS and address' },
  'print-secret': { type: 'boolean', help: 'print the server secret token again' },
  'print-app-token': {
    type: 'string',
    value: '[NAME]',
    help: "print an app's token; the name may be left out where there is one app",
  },
  'rotate-secret': {
    type: 'boolean',
    help: 'make a new server secret token; the old one is refused from then on',
  },
  'rotate-pass-key': { type: 'boolean', help: 're-encrypt the private key under a new pass phrase' },
  'rotate-encrypt-key': { type: 'boolean', help: 're-wrap the data key under a new ENCRYPT_KEY' },
  backup: { type: 'string', value: 'FILE', help: 'write an encrypted backup while the host runs' },
  'with-assets': { type: 'boolean', help: 'with --backup: local files of AssetLink too' },
  restore: { type: 'string', value: 'FILE', help: 'restore a backup into an empty data folder or database' },
  'keep-sessions': {
    type: 'boolean',
    help: 'with --restore, to move a host: keep sessions and secrets instead of ending them',
  },
  'verify-backup': {
    type: 'string',
    value: 'FILE',
    help: 'read a backup through and check everything in it',
  },
  help: { type: 'boolean', help: 'this text' },
  version: { type: 'boolean', help: 'the version' },
} as const;

type OptionName = keyof typeof OPTIONS;
export type Options = {
  [N in OptionName]?: (typeof OPTIONS)[N]['type'] extends 'string' ? string : boolean;
};

/** Commands of which one may be named; without any, setup itself runs. */
const COMMANDS = [
  'check',
  'print-secret',
  'print-app-token',
  'rotate-secret',
  'rotate-pass-key',
  'rotate-encrypt-key',
  'backup',
  'restore',
  'verify-backup',
] as const satisfies readonly OptionName[];
export type CommandName = (typeof COMMANDS)[number] | 'operator';

/** Throws `SetupError` 64 for an unknown option, a missing value or two commands at once. */
export function parseOptions(argv: readonly string[]): {
  options: Options;
  command: CommandName | undefined;
} {
  let options: Options;
  try {
    const config = Object.fromEntries(Object.entries(OPTIONS).map(([name, { type }]) => [name, { type }]));
    options = parseArgs({ args: withEmptyName(argv), options: config, strict: true, allowPositionals: false })
      .values as Options;
  } catch (error) {
    throw new SetupError(EXIT.wrongOption, `${(error as Error).message}\nTry: npx setup --help`);
  }
  const commands: CommandName[] = COMMANDS.filter((name) => options[name] !== undefined);
  const isSetUp = options.yes || options.answers !== undefined;
  if (options.operator !== undefined && !isSetUp) commands.push('operator');
  if (commands.length > 1) {
    throw new SetupError(EXIT.wrongOption, `One at a time, please: --${commands.join(', --')}`);
  }
  if (options['with-assets'] && options.backup === undefined) {
    throw new SetupError(EXIT.wrongOption, '--with-assets goes with --backup FILE only.');
  }
  if (options['keep-sessions'] && options.restore === undefined) {
    throw new SetupError(EXIT.wrongOption, '--keep-sessions goes with --restore FILE only.');
  }
  if (options['reset-factor'] && options.operator === undefined) {
    throw new SetupError(EXIT.wrongOption, '--reset-factor goes with --operator EMAIL only.');
  }
  if (options.try && (options['no-start'] || commands.length > 0)) {
    throw new SetupError(
      EXIT.wrongOption,
      '--try needs a host that runs: it goes with a set-up that starts it.',
    );
  }
  return { options, command: commands[0] };
}

/** `parseArgs` knows no value that may be left out: an empty one stands for it. */
function withEmptyName(argv: readonly string[]): string[] {
  const option = '--print-app-token';
  return argv.map((word, index) => {
    const hasName = argv[index + 1] !== undefined && !argv[index + 1]?.startsWith('-');
    return word === option && !hasName ? `${option}=` : word;
  });
}

/** The text of `--help`. */
export function helpText(): string {
  const lines = Object.entries(OPTIONS).map(([name, option]) => {
    const form = `--${name}${'value' in option ? ` ${option.value}` : ''}`;
    return `  ${form.padEnd(24)}${option.help}`;
  });
  return [
    'npx setup: sets the CoSync Auth host up, checks it and starts it.',
    '',
    'Without options it asks a few questions, each with a default. A second run keeps keys, secrets and data.',
    '',
    ...lines,
    '',
    'Every setting (PORT, API_URL, DB_CONN_STRING, …) may come from the environment; README.md lists them.',
    'Exit codes: 0 done · 64 wrong option · 69 database unreachable · 73 cannot write · 78 configuration or keys wrong.',
    '',
  ].join('\n');
}
