import { createWriteStream, openAsBlob } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as pause } from 'node:timers/promises';
import {
  doubtsOf,
  type HostClient,
  looksLike,
  type MoveIn,
  type MoveInFormat,
  type MoveInOptions,
  type MoveInReport,
} from '../../client/host/index.ts';
import { cannotWrite } from '../../setup/installation/files.ts';
import type { Command, Given } from '../command.ts';
import { askYesTo } from '../confirm.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import { Counter } from '../output/counter.ts';
import { readText } from '../read-input.ts';

/** Each format with the part its second file goes into, where it knows one. */
const FORMATS: Readonly<Record<MoveInFormat, 'passwords' | 'identities' | 'accounts' | undefined>> = {
  firebase: undefined,
  auth0: 'passwords',
  supabase: 'identities',
  pocketbase: undefined,
  keycloak: undefined,
  'better-auth': 'accounts',
  supertokens: undefined,
  appwrite: undefined,
  clerk: undefined,
  cognito: undefined,
  parse: undefined,
  cosync: undefined,
};
const LOOK_MS = 500;

const WHY: Readonly<Record<NonNullable<MoveIn['reason']>, string>> = {
  file_elsewhere: 'The file lies with another process of the host',
  unexpected: 'The host met something unexpected; its log tells what',
  no_seats: 'The app has too few free seats for them; nobody was written',
  taken: 'Some of them are there already; nobody was written',
  not_utf8: 'The file is not UTF-8',
  broken_file: 'The file is broken off or damaged',
  broken_gzip: 'The packed file is damaged',
  too_large: 'The file is larger than the host takes (MOVE_IN_MAX_MB, and the room on its disk)',
  file_gone: 'The file is gone from the host',
  wrong_kind: 'The file is not of that kind, or has no list of people',
  too_slow: 'Reading the file takes too long: it is damaged, or was made to keep the host busy',
};

const SEATS =
  'cosync app set maxUsers=NUMBER makes room; a development app takes 50 at most: cosync app set type=commercial';

export const moveInCommand: Command = {
  name: 'move-in',
  summary: 'moves people in from a file of another system',
  example: 'move-in users.json --from firebase --signer-key-file key.txt --dry-run',
  arguments: [['<file>', 'what the other system exported']],
  options: [
    ['--from <system>', Object.keys(FORMATS).join(', ')],
    ['--with <file>', 'the second file: passwords of auth0, identities of supabase, accounts of better-auth'],
    ['--dry-run', 'write nothing, tell what would be'],
    ['--conflict <what>', 'skip (default), update or fail, where somebody has the handle'],
    ['--unverified <status>', 'pending (default) or active, for addresses that were never verified'],
    ['--map <file>', 'JSON: {"handle": "field", "metaData": {"path": "field"}}'],
    ['--signer-key-file <file>', 'base64_signer_key of the Firebase project, alone in a file'],
    ['--salt-separator <text>', 'base64_salt_separator of the Firebase project (default Bw==)'],
    ['--rounds <number>', 'rounds of the Firebase project (default 8)'],
    ['--mem-cost <number>', 'mem_cost of the Firebase project (default 14)'],
    ['--refused <file>', 'write every refused row there, as CSV'],
    ['--resume', 'go on with the same file; people who are in already are left'],
  ],
  async run(context, given) {
    const options = await optionsOf(given);
    const file = await blobOf(given.word(0));
    const second = await secondOf(given, options.format);
    const looks = await looksLike(file);
    const { appId, name } = await context.app();
    const { data } = await context.host();
    if (looks !== undefined && looks !== options.format && !options.dryRun)
      for (const { text } of doubtsOf(options, looks)) await askYesTo(context, text);
    const begun = data.moveIn({ appId, file, ...second, ...options }, context.calls);
    const { job } = await context.terminal.progress(`Sending ${given.word(0)}`, begun);
    const ended = await followed(context, data, job);
    await tell(context, ended, { name, isDry: options.dryRun === true });
    for (const { text } of doubtsOf(ended, looks)) context.terminal.line(text);
    const refusedFile = given.text('refused');
    if (refusedFile !== undefined) await saveRefused(context, data, job, refusedFile);
    if (ended.state === 'done') return EXIT.done;
    if (ended.state === 'stopped') throw new CliError(EXIT.refused, 'It was stopped.');
    const why = ended.reason === undefined ? 'It failed' : WHY[ended.reason];
    throw new CliError(EXIT.badInput, `${why}.`, ended.reason === 'no_seats' ? SEATS : undefined);
  },
};

async function optionsOf(given: Given): Promise<MoveInOptions> {
  const format = Object.keys(FORMATS).find((name) => name === given.text('from'));
  if (format === undefined) {
    throw new CliError(EXIT.usage, 'Where from?', `--from ${Object.keys(FORMATS).join('|')}`);
  }
  const keyFile = given.text('signerKeyFile');
  if (format === 'firebase' && keyFile === undefined) {
    const repair = '--signer-key-file FILE: Authentication, ⋮, Password hash parameters in its console';
    throw new CliError(EXIT.usage, 'Hashes of Firebase need the base64_signer_key of the project.', repair);
  }
  const mapFile = given.text('map');
  const signerKey = keyFile === undefined ? undefined : (await readText(keyFile)).trim();
  if (signerKey === '') throw new CliError(EXIT.badInput, `${keyFile} is empty.`);
  return {
    format: format as MoveInFormat,
    ...(given.flag('dryRun') && { dryRun: true }),
    conflict: oneOf(given, 'conflict', ['skip', 'update', 'fail'] as const),
    unverified: oneOf(given, 'unverified', ['pending', 'active'] as const),
    map: mapFile === undefined ? undefined : mapOf(await readText(mapFile), mapFile),
    base64_signer_key: signerKey,
    base64_salt_separator: given.text('saltSeparator'),
    rounds: numberOf(given, 'rounds'),
    mem_cost: numberOf(given, 'memCost'),
  };
}

function oneOf<T extends string>(given: Given, option: string, words: readonly T[]): T | undefined {
  const text = given.text(option);
  if (text === undefined) return undefined;
  const found = words.find((word) => word === text);
  if (!found)
    throw new CliError(EXIT.usage, `--${option} ${JSON.stringify(text)} is none.`, words.join(', '));
  return found;
}

function numberOf(given: Given, option: string): number | undefined {
  const text = given.text(option);
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text)) throw new CliError(EXIT.usage, `${JSON.stringify(text)} is no number.`);
  return Number(text);
}

function mapOf(text: string, file: string): MoveInOptions['map'] {
  try {
    return JSON.parse(text) as MoveInOptions['map'];
  } catch {
    throw new CliError(EXIT.badInput, `${file} is not JSON.`);
  }
}

async function blobOf(path: string): Promise<Blob> {
  try {
    const blob = await openAsBlob(path);
    await blob.slice(0, 1).arrayBuffer();
    return blob;
  } catch (error) {
    // A folder says so only when it is read, and without a code.
    const why = (error as NodeJS.ErrnoException).code;
    throw new CliError(
      EXIT.fileMissing,
      `${path} cannot be read (${typeof why === 'string' ? why : 'no file'}).`,
    );
  }
}

async function secondOf(given: Given, format: MoveInFormat): Promise<Record<string, Blob>> {
  const path = given.text('with');
  if (path === undefined) return {};
  const part = FORMATS[format];
  if (part === undefined) throw new CliError(EXIT.usage, `${format} knows no second file.`);
  return { [part]: await blobOf(path) };
}

/** Looks until it ended; Ctrl-C leaves the import at work. */
async function followed(context: Context, data: HostClient['data'], job: string): Promise<MoveIn> {
  let counter: Counter | undefined;
  let shown = 0;
  const goesOn = () => {
    counter?.clear();
    context.terminal.line('The host goes on moving them in. The same command follows it again; to stop it:');
    context.terminal.line(`  cosync api POST /api/app/stopImport -f job=${job}`);
  };
  process.prependOnceListener('SIGINT', goesOn);
  while (true) {
    const now = await data.import({ job }, context.calls);
    if (now.state !== 'waiting' && now.state !== 'running') {
      counter?.clear();
      process.removeListener('SIGINT', goesOn);
      return now;
    }
    if (now.total !== undefined) {
      counter ??= new Counter(context.terminal, now.total);
      if (now.read > shown) counter.add(now.read - shown);
      shown = Math.max(shown, now.read);
    }
    await pause(LOOK_MS);
  }
}

async function tell(
  context: Context,
  { job, state, report }: MoveIn,
  { name, isDry }: { name: string; isDry: boolean },
): Promise<void> {
  if (context.output.format !== 'text') context.output.record({ job, state, ...report });
  else if (report) for (const line of words(report, { name, isDry })) context.output.done(line, {});
}

/** The report as sentences. */
function words(report: MoveInReport, { name, isDry }: { name: string; isDry: boolean }): string[] {
  const { created, updated, skipped, refused, canLogIn, factorsDropped, invites = 0, refusedRows } = report;
  const many = (count: number) => count.toLocaleString('en');
  const told = isDry ? 'would move' : 'moved';
  const lines = [
    `${many(created)} ${told} into ${name}, ${many(updated)} updated, ${many(skipped)} left as they are, ${many(refused)} refused.`,
    `Can log in at once: ${many(canLogIn.atOnce)}`,
    `With a new client or a reset: ${many(canLogIn.newClientOrReset)}`,
    `By reset only: ${many(canLogIn.resetOnly)}`,
    `By Apple or Google only: ${many(canLogIn.socialOnly)}`,
  ];
  if (invites > 0) lines.push(`Invitations that came along: ${many(invites)}`);
  if (factorsDropped > 0) lines.push(`Second factors that could not come along: ${many(factorsDropped)}`);
  for (const { line, reason, id } of refusedRows) {
    lines.push(`line ${line}: ${reason}${id === undefined ? '' : ` (${id})`}`);
  }
  if (refused > refusedRows.length) lines.push('… and more: --refused FILE writes them all.');
  return lines;
}

async function saveRefused(
  context: Context,
  data: HostClient['data'],
  job: string,
  file: string,
): Promise<void> {
  const { body } = await data.importRefused({ job }, context.calls);
  const target = createWriteStream(file, { mode: 0o600 });
  try {
    await pipeline(Readable.fromWeb(body as ReadableStream), target);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === undefined ? error : cannotWrite(file, error);
  }
}
