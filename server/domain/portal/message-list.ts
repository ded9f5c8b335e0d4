import type { MessageState, QueuedMessage } from '../../model/message.ts';
import type { Deps } from '../../ports/deps.ts';
import { type ListPage, type ListRequest, readList } from './list.ts';

/** Messages of the last 30 days and those that wait, newest first. Throws `refused` for a strange cursor. */
export function listMessages(
  deps: Pick<Deps, 'store' | 'cursors'>,
  { filter, page }: { filter: { appId?: string; state?: MessageState }; page: ListRequest },
): Promise<ListPage<QueuedMessage>> {
  const list = { list: 'host/messages', filter };
  return readList(deps, list, page, (place) => deps.store.messages.list(filter, place));
}
