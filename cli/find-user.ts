import type { HostClient, ListedUser } from '../client/host/index.ts';
import { CliError, EXIT } from './exit.ts';
import { plain } from './output/plain.ts';

const IDS = /^(?:[\da-f]{24}|[\da-f]{32})$/;

/** The user with that handle, `_id`, `uid` or user name. Throws `CliError` 1 for nobody, 64 for two. */
export async function findUser(host: HostClient, appId: string, who: string): Promise<ListedUser> {
  if (IDS.test(who)) {
    const [byId] = await exact(host, appId, `id:${who}`);
    if (byId) return byId;
  }
  const byHandle = await exact(host, appId, `handle:${who}`);
  const found = byHandle.length > 0 ? byHandle : await exact(host, appId, `user:${who}`);
  const [user, another] = found;
  if (!user)
    throw new CliError(
      EXIT.refused,
      `There is no user ${plain(who)}.`,
      'cosync user list --search BEGINNING',
    );
  if (another)
    throw new CliError(EXIT.usage, `Several users are called ${plain(who)}.`, 'Name one by its _id.');
  return user;
}

async function exact(host: HostClient, appId: string, search: string): Promise<ListedUser[]> {
  const { rows, searched } = await host.users.list({ appId, search, limit: 2 });
  return searched === 'exact' ? rows : [];
}
