import { type Asset, effectOf, HostClientError, type List } from '../../client/host/index.ts';
import { type Command, LIST_OPTIONS } from '../command.ts';
import { askName, askYes, CONFIRM_OPTION } from '../confirm.ts';
import { forEach } from '../each.ts';
import { CliError, EXIT } from '../exit.ts';
import { findUser } from '../find-user.ts';
import { plain } from '../output/plain.ts';
import { STEP_COLUMNS } from '../output/steps.ts';
import type { Column } from '../output/table.ts';

/** A file, and the handle of whose it is. */
type Listed = Asset & { handle?: string | undefined };

const COLUMNS: readonly Column<Listed>[] = [
  { title: 'id', of: ({ _id }) => _id },
  { title: 'type', of: ({ contentType }) => contentType },
  { title: 'bytes', of: ({ storageSize }) => storageSize },
  { title: 'caption', of: ({ caption }) => caption },
  { title: 'access', of: ({ access, expirationHours }) => (expirationHours === 0 ? 'public' : access) },
  { title: 'status', of: ({ status }) => status },
  { title: 'created', of: ({ createdAt }) => createdAt },
  { title: 'user', of: ({ handle, userId }) => handle ?? userId },
  { title: 'path', of: ({ path }) => path },
];
const REMOVED_COLUMNS: readonly Column<{ id: string; action: string }>[] = [
  { title: 'id', of: ({ id }) => id },
  { title: 'action', of: ({ action }) => action },
];

export const assetCommands: readonly Command[] = [
  {
    name: 'asset list',
    summary: "files of the app's users, newest first; bytes are those with all smaller versions",
    example: 'asset list --user anna@example.com --all --csv',
    options: [...LIST_OPTIONS, ['--user <who>', 'of this user alone: handle, _id, uid or user name']],
    async run(context, given) {
      const { appId } = await context.app();
      const host = await context.host();
      const who = given.text('user');
      const userId = who === undefined ? undefined : (await findUser(host, appId, who))._id;
      await context.output.list({
        page: async (paging): Promise<List<Listed>> => {
          const { rows, owners, ...more } = await host.assets.list({ appId, userId, ...paging });
          const handles = new Map(owners.map((owner) => [owner.userId, owner.handle]));
          return { ...more, rows: rows.map((row) => ({ ...row, handle: handles.get(row.userId) })) };
        },
        columns: COLUMNS,
        all: given.flag('all'),
        after: given.text('after'),
        empty: 'No file.',
      });
      return EXIT.done;
    },
  },
  {
    name: 'asset remove',
    summary: 'deletes files with all smaller versions, for good',
    example: 'asset remove 5f2b8c0d4e6a4f1b9c3d7e8f0a1b2c3d --yes',
    arguments: [['<ids...>', 'as asset list shows them']],
    options: [CONFIRM_OPTION],
    async run(context, given) {
      const { appId, name } = await context.app();
      const { assets } = await context.host();
      const ids = [...new Set(given.words)];
      const effect = effectOf('removeAssets', { files: ids.length });
      if (ids.length > 1) await askName(context, effect, { name, given });
      else await askYes(context, effect);
      return forEach(context, ids, {
        work: async (id) => {
          await assets.remove({ appId, ids: [id] }).catch((error: unknown) => {
            if (!(error instanceof HostClientError && error.reason === 'unknown_asset')) throw error;
            throw new CliError(EXIT.refused, `There is no file ${plain(id)}.`, 'cosync asset list');
          });
          return { id, action: 'remove' };
        },
        columns: REMOVED_COLUMNS,
        sentence: ({ id }) => `${id} is deleted.`,
      });
    },
  },
  {
    name: 'asset test',
    summary: "puts a small file into the app's storage, reads and removes it; exit 1 when a step fails",
    example: 'asset test --app shop',
    async run(context) {
      const { appId } = await context.app();
      const { assets } = await context.host();
      const work = assets.testStorage({ appId }, context.calls);
      const outcome = await context.terminal.progress('Trying the storage', work);
      if (context.output.format === 'json') context.output.record(outcome);
      else context.output.rows(outcome.steps, STEP_COLUMNS);
      context.terminal.line(outcome.ok ? 'The storage works.' : 'The storage does not work yet.');
      return outcome.ok ? EXIT.done : EXIT.refused;
    },
  },
];
