import type { App } from '../../model/app.ts';
import { HostError, isHostError, refused } from '../../model/errors.ts';
import {
  type Invite,
  type InviteState,
  invitedBy,
  inviteStateAt,
  PORTAL_SENDER,
} from '../../model/invite.ts';
import type { Deps } from '../../ports/deps.ts';
import type { PageRequest } from '../../ports/store/page.ts';
import { getActiveAppForPortal, getAppForPortal } from '../apps/apps.ts';
import { type InviteDeps, listInvites, sendInvite } from '../joining/invite.ts';
import { withdrawMessages } from '../messages/settled-messages.ts';
import { change, wasChanged } from '../users/change.ts';
import { findHolder, parseHandle } from '../users/handle.ts';
import { chosenLocale } from '../users/locale.ts';
import { type ListPage, type ListRequest, readList, withTotal } from './list.ts';
import { spellingsOf } from './user-list.ts';

/** More handles than this in one call would keep the portal waiting. */
const HANDLES_MAX = 500;

/** What became of each handle of a list. */
export interface IssuedInvites {
  invites: Invite[];
  /** Already a user, or invited and not yet here. */
  exists: string[];
  /** No handle at all. */
  invalid: string[];
}

/**
 * Invites everybody of a comma-separated list in the portal's name (contract §4.6.35, P19). Throws
 * `app_gone`, `app_suspended`, `invitation_disabled`, and `refused` for more than 500 handles, and in the end
 * when some of them may get no more messages now: the others are invited all the same.
 */
export async function issueInvites(
  deps: InviteDeps,
  { appId, handles, locale: tag }: { appId: string; handles: string; locale?: string | undefined },
): Promise<IssuedInvites> {
  const app = await getActiveAppForPortal(deps, appId);
  if (!app.invitationEnabled) throw new HostError('invitation_disabled');
  const { valid, invalid } = parsedHandles(app, handles);
  if (valid.size > HANDLES_MAX) {
    throw refused('more than 500 handles', { reason: 'too_long', field: 'handle' });
  }
  const locale = chosenLocale(app, tag);
  const issued: IssuedInvites = { invites: [], exists: [], invalid };
  const limited: string[] = [];
  for (const [handle, typed] of valid) {
    if (await isExpected(deps, app, typed)) {
      issued.exists.push(handle);
      continue;
    }
    const invite = await offer(deps, app, handle, locale);
    if (invite) issued.invites.push(invite);
    else limited.push(handle);
  }
  if (limited.length > 0) throw refused(`no more messages may be sent yet to ${limited.join(', ')}`);
  return issued;
}

/** `valid`: each handle once, with how it was typed. */
function parsedHandles(app: App, list: string): { valid: Map<string, string>; invalid: string[] } {
  const valid = new Map<string, string>();
  const invalid = new Set<string>();
  for (const item of list.split(',')) {
    const typed = item.trim();
    if (typed === '') continue;
    try {
      valid.set(parseHandle(app, typed), typed);
    } catch (error) {
      if (!isHostError(error, 'invalid_data')) throw error;
      invalid.add(typed);
    }
  }
  return { valid, invalid: [...invalid] };
}

async function isExpected(deps: Pick<Deps, 'store'>, app: App, typed: string): Promise<boolean> {
  if (await findHolder(deps, app, typed)) return true;
  const invites = await listInvites(deps, app, typed);
  return invites.some(({ status }) => status === 'pending');
}

function offer(deps: InviteDeps, app: App, handle: string, locale: string): Promise<Invite | undefined> {
  const sender = { handle: PORTAL_SENDER, userId: PORTAL_SENDER };
  return sendInvite(deps, { app, handle, sender, metaData: {}, locale });
}

/**
 * Sends the newest waiting invite of a handle again, with a new code that voids the old one (contract P20,
 * design §13). Throws `app_gone` and `invite_unknown`.
 */
export async function resendInvite(
  deps: InviteDeps,
  { appId, handle }: { appId: string; handle: string },
): Promise<true> {
  const app = await getAppForPortal(deps, appId);
  const invite = await findInvite(deps, app, handle);
  if (invite?.status !== 'pending') throw new HostError('invite_unknown');
  const { senderHandle, senderUserId, metaData, locale } = invite;
  const sender = { handle: senderHandle, userId: senderUserId };
  await sendInvite(deps, { app, handle: invite.handle, sender, metaData, locale });
  return true;
}

/**
 * Withdraws an invite of a handle, a waiting one first, and its message if that still waits; one that was
 * open stays in the portal's list for a while. Answers it as it was. Throws `app_gone`, `app_suspended` and
 * `invite_unknown`.
 */
export async function withdrawInvite(
  deps: Pick<Deps, 'store' | 'clock' | 'events' | 'figures' | 'handleRef'>,
  { appId, handle }: { appId: string; handle: string },
): Promise<Invite> {
  const app = await getActiveAppForPortal(deps, appId);
  const invite = await findInvite(deps, app, handle);
  if (!invite || !(await withdraw(deps, invite))) throw new HostError('invite_unknown');
  if (invite.status === 'pending') deps.figures.count(appId, 'invite_withdrawn', invitedBy(invite));
  const others = await deps.store.invites.listByHandle(appId, invite.handle);
  // Somebody else's offer may be among what waits to be sent.
  if (!others.some(({ status }) => status === 'pending'))
    await withdrawMessages(deps, { appId, to: invite.handle, templates: ['invite'] });
  deps.events.emit('invite_withdrawn', {
    appId,
    handleRef: deps.handleRef(appId, invite.handle),
    by: 'portal',
  });
  return invite;
}

/** False when somebody else was first. */
async function withdraw(
  { store: { invites }, clock }: Pick<Deps, 'store' | 'clock'>,
  { appId, id, status }: Invite,
): Promise<boolean> {
  if (status === 'verified') return invites.remove(appId, id);
  const withdrawn = await change(
    clock,
    invites,
    () => invites.find(appId, id),
    (current) =>
      current.status === 'pending'
        ? { ...current, status: 'withdrawn' as const, updatedAt: clock.now() }
        : undefined,
  );
  return wasChanged(withdrawn);
}

async function findInvite(deps: Pick<Deps, 'store'>, app: App, handle: string): Promise<Invite | undefined> {
  const newestFirst = await listInvites(deps, app, handle);
  return newestFirst.find(({ status }) => status === 'pending') ?? newestFirst[0];
}

/** Invites whose handle contains a text, by handle. */
export function searchInvites(
  { store }: Pick<Deps, 'store'>,
  { appId, value, page }: { appId: string; value: string; page: PageRequest },
): Promise<Invite[]> {
  return store.invites.search(appId, { value, ...page });
}

/** An invite with what became of it. */
export type ListedInvite = Invite & { state: InviteState };

/**
 * A page of an app's invites, withdrawn ones included, newest first; those of one state by when they end or
 * were withdrawn (additions §4). Throws `app_gone`, and `refused` for a cursor of another list.
 */
export async function listAllInvites(
  deps: Pick<Deps, 'store' | 'cursors' | 'clock'>,
  {
    appId,
    query,
    page,
  }: {
    appId: string;
    query: { state?: InviteState | undefined; search?: string | undefined; sender?: string | undefined };
    page: ListRequest;
  },
): Promise<ListPage<ListedInvite>> {
  const app = await getAppForPortal(deps, appId);
  const { state, search, sender } = query;
  const now = deps.clock.now();
  const filter = {
    state,
    now,
    search: search === undefined ? undefined : spellingsOf(app, search),
    senderHandle: sender?.trim().toLowerCase(),
  };
  const name = { list: 'invites', appId, filter: query };
  const listed = await readList(deps, name, page, (keyPage) =>
    deps.store.invites.list(appId, filter, keyPage),
  );
  const rows = listed.rows.map((invite) => ({ ...invite, state: inviteStateAt(invite, now) }));
  return withTotal({ ...listed, rows }, query, () => deps.store.invites.total(appId));
}
