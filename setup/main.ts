import { VERSION } from '../server/config/version.ts';
import type { Command } from './command.ts';
import { EXIT, SetupError } from './exit.ts';
import { type CommandName, helpText, parseOptions } from './options.ts';
import { openTerminal } from './terminal/terminal.ts';

const COMMANDS: Record<CommandName | 'setup', () => Promise<Command>> = {
  setup: async () => (await import('./commands/set-up.ts')).setUp,
  check: async () => (await import('./commands/check.ts')).runDoctor,
  'print-secret': async () => (await import('./commands/secret.ts')).printSecret,
  'print-app-token': async () => (await import('./commands/app-token.ts')).printAppToken,
  'rotate-secret': async () => (await import('./commands/secret.ts')).rotateSecret,
  'rotate-pass-key': async () => (await import('./commands/rotate-keys.ts')).rotatePassKey,
  'rotate-encrypt-key': async () => (await import('./commands/rotate-keys.ts')).rotateEncryptKey,
  operator: async () => (await import('./commands/operator.ts')).printOperatorLink,
  backup: async () => (await import('./backup/backup.ts')).backUp,
  restore: async () => (await import('./backup/restore.ts')).restore,
  'verify-backup': async () => (await import('./backup/restore.ts')).verifyBackup,
};

/**
 * Runs `npx setup` with these arguments; answers the exit code. Whatever is wrong ends in a message, never in
 * a stack trace.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { options, command } = parseOptions(argv);
    if (options.help) {
      process.stdout.write(helpText());
      return EXIT.done;
    }
    if (options.version) {
      process.stdout.write(`${VERSION}\n`);
      return EXIT.done;
    }
    const run = await COMMANDS[command ?? 'setup']();
    return await run({
      options,
      terminal: openTerminal(options.json || command ? process.stderr : process.stdout),
    });
  } catch (error) {
    return await explain(error);
  }
}

async function explain(error: unknown): Promise<number> {
  const terminal = openTerminal(process.stderr);
  if (error instanceof SetupError) {
    terminal.line(error.message);
    return error.exitCode;
  }
  const { asStartError } = await import('../server/start/start-failure.ts');
  const failure = asStartError(error);
  if (failure) {
    terminal.line('The settings need a repair:');
    for (const { name, problem, repair } of failure.problems) {
      terminal.line(`  ${terminal.style('red', '✗')} ${terminal.style('bold', name)} ${problem}: ${repair}`);
    }
    return failure.exitCode;
  }
  terminal.line(
    `Setup stopped by an unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`,
  );
  return 1;
}
