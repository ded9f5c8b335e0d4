import type { Check } from '../../client/host/index.ts';
import { isLoopback } from '../../server/model/config.ts';
import type { Command } from '../command.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Column } from '../output/table.ts';
import { readSecret } from '../read-input.ts';
import { addressOf, readSecretFile } from '../which-host.ts';

const CHECK_COLUMNS: readonly Column<Check>[] = [
  { title: 'check', of: ({ name }) => name },
  { title: 'ok', of: ({ ok }) => ok },
  { title: 'detail', of: ({ detail }) => detail },
  { title: 'repair', of: ({ repair }) => repair },
];

export const hostCommands: readonly Command[] = [
  {
    name: 'host list',
    summary: 'the hosts that are kept here',
    example: 'host list',
    async run({ hosts, output, terminal }) {
      const rows = hosts.names().map((name) => {
        const url = hosts.find(name)?.url ?? '';
        return { name, url, current: hosts.current === name, appId: hosts.appOf(url) };
      });
      if (rows.length === 0) terminal.line('No host is kept yet: cosync host add NAME --url URL');
      output.rows(rows, [
        { title: 'current', of: ({ current }) => (current ? '*' : '') },
        { title: 'name', of: ({ name }) => name },
        { title: 'url', of: ({ url }) => url },
        { title: 'app', of: ({ appId }) => appId },
      ]);
      return EXIT.done;
    },
  },
  {
    name: 'host add',
    summary: 'keeps a host; its secret comes from a prompt, standard input or a file, and is tried first',
    example: 'host add shop --url https://auth.example.com --secret-file ./secret.txt',
    arguments: [['<name>', 'what to call it']],
    options: [
      ['--url <url>', 'its address'],
      ['--secret-file <file>', 'where its server secret stands'],
    ],
    async run(context, given) {
      const name = given.word(0);
      const typed = given.text('url');
      if (typed === undefined)
        throw new CliError(EXIT.usage, 'The address is missing.', '--url https://auth.example.com');
      const url = addressOf(typed, '--url');
      const file = given.text('secretFile');
      const secret =
        file === undefined ? (await readSecret(context, 'Server secret')).trim() : readSecretFile(file);
      context.found = { url, secret, name, origin: 'option', why: '--url' };
      await context.clientOf({ url, secret }).host.ping();
      context.hosts.keep(name, { url, secret });
      if (url.startsWith('http:') && !isLoopback(new URL(url).hostname)) {
        context.terminal.line(`${url} is not encrypted: whoever listens on the way reads the secret.`);
      }
      context.output.done(`Kept the host ${name}. To use it: cosync host use ${name}`, { name, url });
      return EXIT.done;
    },
  },
  {
    name: 'host use',
    summary: 'chooses the host that commands speak to; - chooses none',
    example: 'host use shop',
    arguments: [['<name>', 'a host of the list, or -']],
    async run({ hosts, output }, given) {
      const name = given.word(0);
      if (name !== '-') requireKept(hosts.find(name), name);
      hosts.use(name === '-' ? undefined : name);
      output.done(name === '-' ? 'No host is chosen any more.' : `Commands go to ${name} from now on.`, {
        current: name === '-' ? null : name,
      });
      return EXIT.done;
    },
  },
  {
    name: 'host check',
    summary: 'everything a running host can look at itself; exit 1 when something needs a repair',
    example: 'host check',
    async run(context) {
      const checks = await context.terminal.progress(
        'Checking',
        (await context.host()).host.checks(context.calls),
      );
      context.output.rows(checks, CHECK_COLUMNS);
      return checks.some(({ ok }) => ok === false) ? EXIT.refused : EXIT.done;
    },
  },
  {
    name: 'host remove',
    summary: 'forgets a host and its secret; the host itself is not touched',
    example: 'host remove shop',
    arguments: [['<name>', 'a host of the list']],
    async run({ hosts, output }, given) {
      const name = given.word(0);
      requireKept(hosts.find(name), name);
      hosts.forget(name);
      output.done(`Forgot the host ${name}.`, { name });
      return EXIT.done;
    },
  },
];

function requireKept(host: object | undefined, name: string): void {
  if (!host)
    throw new CliError(EXIT.refused, `No host is called ${JSON.stringify(name)}.`, 'cosync host list');
}
