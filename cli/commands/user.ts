import type { ListedUser, UserFilter, UserQuery } from '../../client/host/index.ts';
import { type Command, type Given, LIST_OPTIONS } from '../command.ts';
import { CliError, EXIT } from '../exit.ts';
import { jsonOrText } from '../fields.ts';
import { findUser } from '../find-user.ts';
import { withPath } from '../metadata.ts';
import type { Column } from '../output/table.ts';
import { readSecret } from '../read-input.ts';

const COLUMNS: readonly Column<ListedUser>[] = [
  { title: 'handle', of: ({ handle }) => handle },
  { title: 'user name', of: ({ userName }) => userName },
  { title: 'status', of: ({ status, lockedAt }) => (lockedAt ? `${status}, locked` : status) },
  { title: 'provider', of: ({ loginProvider }) => loginProvider },
  { title: 'locale', of: ({ locale }) => locale },
  { title: 'created', of: ({ createdAt }) => createdAt },
  { title: 'last login', of: ({ lastLogin }) => lastLogin },
  { title: 'id', of: ({ _id }) => _id },
];

export const userCommands: readonly Command[] = [
  {
    name: 'user list',
    summary: 'users of the app, newest first',
    example: 'user list --status locked --all --csv',
    options: [
      ...LIST_OPTIONS,
      ['--search <text>', 'handle or user name, or what it begins with; or after handle: id: user: phone:'],
      ['--status <status>', 'active, suspend, pending or locked'],
      ['--provider <provider>', 'password, apple, google or anonymous'],
      ['--factor <factor>', 'none, totp or phone'],
      ['--locale <locale>', 'their language'],
      ['--created-from <time>', 'ISO, inclusive'],
      ['--created-to <time>', 'ISO, exclusive'],
      ['--last-login <when>', 'never, or longer ago than 30d or 90d'],
      ['--waits-for-password', 'imported, and not signed in yet'],
      ['--sort <order>', 'created, -created, lastLogin or -lastLogin'],
    ],
    async run(context, given) {
      const { appId } = await context.app();
      const { users } = await context.host();
      const query: UserQuery = { appId, ...filterOf(given), sort: given.text('sort') as UserQuery['sort'] };
      await context.output.list({
        page: (paging) => users.list({ ...query, ...paging }),
        columns: COLUMNS,
        all: given.flag('all'),
        after: given.text('after'),
        empty: 'No such user.',
      });
      return EXIT.done;
    },
  },
  {
    name: 'user show',
    summary: 'one user with everything but secrets',
    example: 'user show anna@example.com',
    arguments: [['<who>', 'handle, _id, uid or user name']],
    async run(context, given) {
      const { appId } = await context.app();
      const host = await context.host();
      const { _id: userId } = await findUser(host, appId, given.word(0));
      context.output.record(await host.users.get({ appId, userId }));
      return EXIT.done;
    },
  },
  {
    name: 'user add',
    summary: 'makes a user; the password comes from a prompt or the first line of standard input',
    example: 'user add anna@example.com',
    arguments: [['<handle>', 'e-mail address or phone number']],
    async run(context, given) {
      const { appId } = await context.app();
      const host = await context.host();
      const passwordText = await readSecret(context, 'Password of the new user');
      const user = await host.users.add({ appId, handle: given.word(0), passwordText });
      context.output.done(`${user.handle} is a user.`, user);
      return EXIT.done;
    },
  },
  {
    name: 'user set-metadata',
    summary: 'changes fields of the metadata; a value that is JSON is taken as such',
    example: 'user set-metadata anna@example.com profile.name=Anna profile.age=42',
    arguments: [
      ['<who>', 'handle, _id, uid or user name'],
      ['<fields...>', 'PATH=VALUE; an empty value removes the field'],
    ],
    async run(context, given) {
      const [who = '', ...fields] = given.words;
      const { appId } = await context.app();
      const host = await context.host();
      const { _id: userId, revision, metaData: before = {} } = await findUser(host, appId, who);
      const metaData = fields.reduce((data, field) => withPath(data, ...fieldOf(field)), before);
      const user = await host.users.update({ appId, userId, revision, metaData });
      context.output.record(user.metaData ?? {});
      return EXIT.done;
    },
  },
];

/** The host judges the values; an unknown one is refused with its name. */
function filterOf(given: Given): UserFilter {
  return {
    search: given.text('search'),
    status: given.text('status') as UserFilter['status'],
    provider: given.text('provider') as UserFilter['provider'],
    factor: given.text('factor') as UserFilter['factor'],
    locale: given.text('locale'),
    createdFrom: given.text('createdFrom'),
    createdTo: given.text('createdTo'),
    lastLogin: given.text('lastLogin') as UserFilter['lastLogin'],
    waitsForPassword: given.flag('waitsForPassword') || undefined,
  };
}

function fieldOf(word: string): [path: string, value: unknown] {
  const at = word.indexOf('=');
  if (at < 1) throw new CliError(EXIT.usage, `${JSON.stringify(word)} is not of the form PATH=VALUE.`);
  const text = word.slice(at + 1);
  return [word.slice(0, at), text === '' ? undefined : jsonOrText(text)];
}
