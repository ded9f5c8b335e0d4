import {
  type App,
  type AppOverview,
  effectOf,
  type HostClient,
  SETTING_CHOICES,
  type SettingsChange,
} from '../../client/host/index.ts';
import { changeOf, settingsOf } from '../app-settings.ts';
import { type Command, LIST_OPTIONS } from '../command.ts';
import { askName, CONFIRM_OPTION } from '../confirm.ts';
import { CliError, EXIT } from '../exit.ts';
import { findApp } from '../find-app.ts';
import type { Column } from '../output/table.ts';
import { namingChoices } from '../setting-choices.ts';

const COLUMNS: readonly Column<AppOverview>[] = [
  { title: 'name', of: ({ name }) => name },
  { title: 'id', of: ({ appId }) => appId },
  { title: 'status', of: ({ status }) => status },
  { title: 'type', of: ({ type }) => type },
  { title: 'users', of: ({ users }) => users },
  { title: 'new 7d', of: ({ new7d }) => new7d },
  { title: 'waiting', of: ({ waitingSignups }) => waitingSignups },
  { title: 'last login', of: ({ lastLogin }) => lastLogin },
  { title: 'warnings', of: ({ warnings }) => warnings },
];

export const appCommands: readonly Command[] = [
  {
    name: 'app list',
    summary: 'the apps of the host, newest first',
    example: 'app list --all --csv',
    options: LIST_OPTIONS,
    async run(context, given) {
      const host = await context.host();
      await context.output.list({
        page: (paging) => host.apps.overview(paging),
        columns: COLUMNS,
        all: given.flag('all'),
        after: given.text('after'),
        empty: 'No app yet: cosync app create NAME',
      });
      return EXIT.done;
    },
  },
  {
    name: 'app create',
    summary: 'makes an app and prints its id and its app token',
    example: 'app create shop --flow link',
    arguments: [['<name>', 'its name']],
    options: [['--flow <flow>', 'how people sign up: code, link or none']],
    async run(context, given) {
      const signupFlow = flowOf(given.text('flow'));
      const host = await context.host();
      const { appId, appToken } = await host.apps.create({ name: given.word(0) });
      const app = await host.apps.get({ appId });
      if (signupFlow !== undefined) {
        await host.apps.changeSettings({ appId, revision: app.revision, settings: { signupFlow } });
      }
      const made = { name: app.name, appId, signupFlow: signupFlow ?? app.signupFlow, appToken };
      context.output.record(made);
      return EXIT.done;
    },
  },
  {
    name: 'app show',
    summary: 'one app: what it is and how it does',
    example: 'app show --app shop',
    async run(context) {
      const { appId } = await context.app();
      const app = await (await context.host()).apps.get({ appId });
      const { appPublicKey: _, appToken: __, ...shown } = app;
      context.output.record(shown);
      return EXIT.done;
    },
  },
  {
    name: 'app settings',
    summary: 'the settings of the app by their published names',
    example: 'app settings --json',
    async run(context) {
      context.output.record(settingsOf(await chosen(context)));
      return EXIT.done;
    },
  },
  {
    name: 'app set',
    summary: 'changes settings, all or nothing; an empty value unsets, @FILE or - is read',
    example: 'app set signupFlow=link maxLoginAttempts=5',
    arguments: [['<settings...>', 'NAME=VALUE; lists and objects as JSON']],
    async run(context, given) {
      const app = await chosen(context);
      const settings: SettingsChange = await changeOf(given.words, app);
      const { appId, revision } = app;
      const { apps } = await context.host();
      const changed = await namingChoices(apps.changeSettings({ appId, revision, settings }));
      const names = Object.keys(settings);
      const now = settingsOf(changed);
      context.output.record(Object.fromEntries(names.map((name) => [name, now[name] ?? null])));
      return EXIT.done;
    },
  },
  {
    name: 'app use',
    summary: 'chooses the app that commands speak of, for this host; - chooses none',
    example: 'app use shop',
    arguments: [['<name>', 'name or id, or -']],
    async run(context, given) {
      const { url } = await context.target();
      const wanted = given.word(0);
      if (wanted === '-') {
        context.hosts.useApp(url, undefined);
        context.output.done('No app is chosen any more.', { appId: null });
        return EXIT.done;
      }
      const app = await findApp(await context.host(), wanted, undefined);
      context.hosts.useApp(url, app.appId);
      context.output.done(`Commands speak of ${app.name} from now on.`, app);
      return EXIT.done;
    },
  },
  {
    name: 'app reset',
    summary: 'deletes users, signups, invites and log of the app',
    example: 'app reset --app shop --confirm shop',
    options: [CONFIRM_OPTION, ['--keep-logs', 'keep the log']],
    async run(context, given) {
      const { appId, name } = await context.app();
      const host = await context.host();
      await askName(context, effectOf('resetApp', await peopleOf(host, appId)), {
        name,
        given,
        strict: true,
      });
      await host.apps.reset({ appId, keepLogs: given.flag('keepLogs') });
      context.output.done(`${name} is empty.`, { appId, name, reset: true });
      return EXIT.done;
    },
  },
  {
    name: 'app delete',
    summary: 'deletes the app with everything in it',
    example: 'app delete --app shop --confirm shop',
    options: [CONFIRM_OPTION],
    async run(context, given) {
      const { appId, name } = await context.app();
      const host = await context.host();
      await askName(context, effectOf('deleteApp', await peopleOf(host, appId)), {
        name,
        given,
        strict: true,
      });
      if (!(await host.apps.delete({ appId })))
        throw new CliError(EXIT.refused, 'Somebody else has deleted it.');
      const { url } = await context.target();
      if (context.hosts.appOf(url) === appId) context.hosts.useApp(url, undefined);
      context.output.done(`${name} is deleted.`, { appId, name, deleted: true });
      return EXIT.done;
    },
  },
];

async function chosen(context: Parameters<Command['run']>[0]): Promise<App> {
  const { appId } = await context.app();
  return (await context.host()).apps.get({ appId });
}

function flowOf(text: string | undefined) {
  if (text === undefined) return undefined;
  const flows = SETTING_CHOICES.signupFlow;
  const flow = flows.find((known) => known === text);
  if (flow) return flow;
  throw new CliError(EXIT.usage, `${JSON.stringify(text)} is no signup flow.`, `One of ${flows.join(', ')}.`);
}

async function peopleOf({ users }: HostClient, appId: string) {
  const { totalUser = 0, totalInvite = 0, totalSignup = 0 } = await users.statistics({ appId });
  return { users: totalUser, invites: totalInvite, signups: totalSignup };
}
