import { createWriteStream, existsSync, openAsBlob, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { HostClientError, type HostFile } from '../../client/host/index.ts';
import { cannotWrite } from '../../setup/installation/files.ts';
import type { Command } from '../command.ts';
import { CliError, EXIT } from '../exit.ts';

export const appTransferCommands: readonly Command[] = [
  {
    name: 'app export',
    summary: 'writes the app with its users into a file that another host can import',
    example: 'app export -o shop.zip --without-secrets',
    options: [
      ['-o, --output <file>', 'where to write it; - for standard output'],
      ['--without-secrets', 'leave keys, credentials and password hashes out'],
    ],
    async run(context, given) {
      const file = given.text('output');
      if (file === undefined) throw new CliError(EXIT.usage, 'Where to?', '-o FILE');
      if (file === '-' && process.stdout.isTTY)
        throw new CliError(EXIT.usage, 'A terminal cannot show an archive.', '-o FILE');
      if (file !== '-' && existsSync(file) && !context.globals.yes) {
        throw new CliError(EXIT.cannotWrite, `${file} is there already.`, '--yes writes over it.');
      }
      const { appId, name } = await context.app();
      const { data } = await context.host();
      const withSecrets = given.flag('withoutSecrets') ? false : undefined;
      const work = data.export({ appId, withSecrets }, context.calls).then((answer) => save(answer, file));
      await context.terminal.progress(`Exporting ${name}`, work);
      if (file !== '-') context.output.done(`${name} is in ${file}.`, { appId, name, file });
      return EXIT.done;
    },
  },
  {
    name: 'app import',
    summary: 'makes a new app of an exported file',
    example: 'app import shop.zip --name shop2',
    arguments: [['<file>', 'what export wrote']],
    options: [
      ['--name <name>', 'name of the new app'],
      ['--new-keys', 'make new keys instead of taking those of the file'],
    ],
    async run(context, given) {
      const appName = given.text('name');
      if (appName === undefined)
        throw new CliError(EXIT.usage, 'What shall the new app be called?', '--name NAME');
      const path = given.word(0);
      const file = await blobOf(path);
      const { data } = await context.host();
      const newKeys = given.flag('newKeys') || undefined;
      const work = data.importApp({ appName, file, newKeys }, context.calls);
      const { appId, name } = await context.terminal.progress(`Importing ${path}`, work).catch((error) => {
        if (!(error instanceof HostClientError) || error.kind !== 'refused' || error.status !== 400)
          throw error;
        throw new CliError(EXIT.badInput, `The host cannot import ${path}: ${error.message}.`);
      });
      context.output.record({ name, appId });
      return EXIT.done;
    },
  },
];

async function blobOf(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (error) {
    throw new CliError(
      EXIT.fileMissing,
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}

/** The file is there whole or not at all, and only its owner can read it: it may hold keys. */
async function save({ body }: HostFile, file: string): Promise<void> {
  const source = Readable.fromWeb(body as ReadableStream);
  if (file === '-') return pipeline(source, process.stdout, { end: false });
  const part = `${file}.part`;
  try {
    await pipeline(source, createWriteStream(part, { mode: 0o600, flags: 'wx' }));
    renameSync(part, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(part, { force: true });
    if (brokeOff(error))
      throw new CliError(EXIT.unreachable, 'The answer broke off: nothing was written.', 'Try again.');
    throw cannotWrite(file, error);
  }
}

/** Whether the connection failed, and not the disk. */
function brokeOff(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    /^(?:UND_ERR|ECONN|ERR_STREAM)/.test(String((error as NodeJS.ErrnoException).code))
  );
}
