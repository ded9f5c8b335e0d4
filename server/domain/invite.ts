import type { App } from '../model/app.ts';
import type { UserCaller } from '../model/caller.ts';
import { DAY_MS } from '../model/duration.ts';
import { HostError, isHostError } from '../model/errors.ts';
import { type Invite, PORTAL_SENDER } from '../model/invite.ts';
import type { Metadata, StoredCode } from '../model/user.ts';
import type { Deps } from '../ports/deps.ts';
import { currentUser, requireRunning } from './caller.ts';
import { change } from './change.ts';
import { admitCode, type CodeDeps } from './code-attempts.ts';
import { handleSpellings, parseHandle } from './handle.ts';
import { usedLocale } from './locale.ts';
import { type MessageDeps, sendMessage } from './message.ts';
import { parseMetadata } from './metadata.ts';

export type InviteDeps = CodeDeps & MessageDeps;
type OfferDeps = Pick<Deps, 'config' | 'store' | 'codes' | 'clock'>;

interface Offer {
  app: App;
  /** Of the invited person, normalised. */
  handle: string;
  sender: { handle: string; userId: string };
  metaData: Metadata;
  locale: string;
}

/**
 * Invites somebody in the caller's name. The sender comes from the token; `senderUserId` is kept as opaque text, the caller's own id
 * standing in for it (contract C3). Throws `invitation_disabled`, `invalid_data` (handle), `invalid_metadata`.
 */
export async function invite(
  deps: InviteDeps,
  input: {
    caller: UserCaller;
    handle: string;
    senderUserId?: string | undefined;
    metaData?: string | undefined;
    locale?: string | undefined;
  },
): Promise<true> {
  const { caller, senderUserId } = input;
  const { app } = caller;
  requireRunning(app);
  if (!app.invitationEnabled) throw new HostError('invitation_disabled');
  const user = await currentUser(deps, caller);
  const handle = parseHandle(app, input.handle);
  const metaData = parseMetadata(app.metaDataInvite, input.metaData, { onBadText: 'invalid_metadata' });
  const sender = { handle: user.handle, userId: senderUserId || user.id };
  const locale = usedLocale(app, input.locale?.trim().toUpperCase());
  await sendInvite(deps, { app, handle, sender, metaData, locale });
  return true;
}

/**
 * Stores an offer to join, one per (app, handle, sender), and mails or texts its code; a repeated offer gets a new code and voids the old
 * one. When the handle's budget is used up nothing is sent and the former code stays (design §13).
 */
export async function sendInvite(deps: InviteDeps, offer: Offer): Promise<Invite> {
  const { app, handle, sender, locale } = offer;
  const admitted = await admitCode(deps, { app, subject: handle, purpose: 'invite' });
  const code = deps.codes.newCode();
  const stored = await storeOffer(deps, offer, admitted ? code : undefined);
  deps.events.emit('invite_issued', {
    handleRef: deps.handleRef(app.id, handle),
    by: sender.handle === PORTAL_SENDER ? 'portal' : 'user',
  });
  if (!admitted) return stored;
  await sendMessage(deps, {
    app,
    name: 'invite',
    locale,
    to: handle,
    values: {},
    code,
    purpose: 'invite',
    outcome: 'queue',
  });
  return stored;
}

/** All invites of a handle, in whatever spelling it was stored, newest first. Throws `invalid_data` as `loginName` does. */
export async function listInvites(deps: Pick<Deps, 'store'>, app: App, handle: string): Promise<Invite[]> {
  const spelled = handleSpellings(app, handle).map((spelling) =>
    deps.store.invites.listByHandle(app.id, spelling),
  );
  return (await Promise.all(spelled)).flat().sort((one, other) => other.createdAt - one.createdAt);
}

/** `code` absent: an offer that is there already stays as it is. */
async function storeOffer(deps: OfferDeps, offer: Offer, code: string | undefined): Promise<Invite> {
  const { app, handle, sender } = offer;
  const { invites } = deps.store;
  const renewed = await change(
    invites,
    () => invites.findBySender(app.id, handle, sender.handle),
    (current) => (code === undefined ? undefined : renew(deps, current, offer, code)),
  );
  if (renewed) return renewed;
  const fresh = newOffer(deps, offer, code);
  try {
    await invites.insert(fresh);
    return fresh;
  } catch (error) {
    // The same sender invited twice at once: the other row is there now.
    if (isHostError(error, 'handle_taken')) return storeOffer(deps, offer, code);
    throw error;
  }
}

function newOffer(deps: OfferDeps, offer: Offer, code: string | undefined): Invite {
  const { app, handle, sender, metaData, locale } = offer;
  const now = deps.clock.now();
  const id = deps.codes.newRowId(now);
  return {
    id,
    appId: app.id,
    revision: 1,
    handle,
    senderHandle: sender.handle,
    senderUserId: sender.userId,
    status: 'pending',
    ...(code !== undefined && { code: storedCode(deps, app, id, code) }),
    ...futureIds(deps),
    metaData,
    locale,
    createdAt: now,
    updatedAt: now,
  };
}

function renew(deps: OfferDeps, current: Invite, offer: Offer, code: string): Invite {
  return {
    ...current,
    // The ids of an accepted offer belong to the account it made.
    ...(current.status === 'verified' && futureIds(deps)),
    status: 'pending',
    senderUserId: offer.sender.userId,
    code: storedCode(deps, offer.app, current.id, code),
    metaData: offer.metaData,
    locale: offer.locale,
    updatedAt: deps.clock.now(),
  };
}

function futureIds(deps: Pick<Deps, 'codes' | 'clock'>): { userId: string; uid: string } {
  return { userId: deps.codes.newRowId(deps.clock.now()), uid: deps.codes.newId() };
}

function storedCode(
  deps: Pick<Deps, 'config' | 'codes' | 'clock'>,
  app: App,
  inviteId: string,
  code: string,
): StoredCode {
  const expiresAt = deps.clock.now() + deps.config.inviteDays * DAY_MS;
  return deps.codes.stored({ purpose: 'invite', appId: app.id, subject: inviteId, code, expiresAt });
}
