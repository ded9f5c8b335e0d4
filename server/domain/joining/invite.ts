import type { App } from '../../model/app.ts';
import type { UserCaller } from '../../model/caller.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import { type Invite, invitedBy, PORTAL_SENDER } from '../../model/invite.ts';
import { isAnonymous, type Metadata, type StoredCode } from '../../model/user.ts';
import type { Deps } from '../../ports/deps.ts';
import { DAY_MS } from '../../tools/duration.ts';
import type { CodeDeps } from '../attempts/code-attempts.ts';
import { admitCode } from '../attempts/code-budget.ts';
import { hintAt } from '../attempts/developer-hint.ts';
import { type MessageDeps, sendMessage } from '../messages/message.ts';
import { change } from '../users/change.ts';
import { handleSpellings, parseHandle } from '../users/handle.ts';
import { chosenLocale } from '../users/locale.ts';
import { parseMetadata } from '../users/metadata.ts';
import { currentUser, requireRunning } from '../users/session.ts';

export type InviteDeps = CodeDeps & MessageDeps;
type OfferDeps = Pick<Deps, 'config' | 'store' | 'codes' | 'clock' | 'figures'>;

/** Offers of different senders to one handle of an app that can be accepted at the same time. */
const OPEN_MAX = 10;

interface Offer {
  app: App;
  /** Of the invited person, normalised. */
  handle: string;
  sender: { handle: string; userId: string };
  metaData: Metadata;
  locale: string;
  /** Id of the user who invites; absent for the portal, which answers for itself. */
  inviter?: string;
  /** Counts in the budgets of the app, as every user's does. */
  counted?: boolean;
}

/**
 * Invites somebody in the caller's name. The sender comes from the token; `senderUserId` is kept as opaque
 * text, the caller's own id standing in for it (contract C3). Throws `invitation_disabled` (to anonymous
 * users as well), `invalid_data` (handle), `invalid_metadata`.
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
  // Whoever has a made-up id could be a thousand people.
  if (isAnonymous(user.handle)) throw new HostError('invitation_disabled');
  const handle = parseHandle(app, input.handle);
  const metaData = parseMetadata(app.metaDataInvite, input.metaData, { onBadText: 'invalid_metadata' });
  const sender = { handle: user.handle, userId: senderUserId || user.id };
  const locale = chosenLocale(app, input.locale);
  await sendInvite(deps, { app, handle, sender, metaData, locale, inviter: user.id });
  return true;
}

/**
 * Stores an offer to join, one per (app, handle, sender), and mails or texts its code; a repeated offer gets
 * a new code and voids the old one. Undefined when no more may be sent to the handle, or when as many offers
 * to it are open as may be: nothing is sent then, nothing new is stored, and of the sender's own open offer
 * the code stays, but not what the sender meant to replace.
 */
export async function sendInvite(deps: InviteDeps, offer: Offer): Promise<Invite | undefined> {
  const { app, handle, sender, locale, inviter, counted = inviter !== undefined } = offer;
  const budget = {
    app,
    subject: handle,
    purpose: 'invite',
    ...(counted && { unproven: { to: handle, ...(inviter !== undefined && { inviter }) } }),
  } as const;
  if (!(await hasRoom(deps, offer)) || !(await admitCode(deps, budget))) {
    await amendOffer(deps, offer);
    return undefined;
  }
  const code = deps.codes.newCode();
  const stored = await storeOffer(deps, offer, code);
  if (!stored) return undefined;
  deps.events.emit('invite_issued', {
    handleRef: deps.handleRef(app.id, handle),
    by: invitedBy(stored),
  });
  await sendMessage(deps, {
    app,
    name: 'invite',
    locale,
    to: handle,
    values: { SENDER: sender.handle === PORTAL_SENDER ? '' : sender.handle },
    code,
    purpose: 'invite',
    outcome: 'queue',
  });
  return stored;
}

/**
 * All invites of a handle, in whatever spelling it was stored, newest first. Throws `invalid_data` as
 * `loginName` does.
 */
export async function listInvites(deps: Pick<Deps, 'store'>, app: App, handle: string): Promise<Invite[]> {
  const spelled = handleSpellings(app, handle).map((spelling) =>
    deps.store.invites.listByHandle(app.id, spelling),
  );
  return (await Promise.all(spelled)).flat().sort((one, other) => other.createdAt - one.createdAt);
}

/** Offers to a handle that can be accepted now, the first first. */
async function openOffers(deps: OfferDeps, { app, handle }: Offer): Promise<Invite[]> {
  const invites = await deps.store.invites.listByHandle(app.id, handle);
  const open = invites.filter((invite) => isOpen(deps, invite));
  return open.sort((one, other) => one.updatedAt - other.updatedAt || (one.id < other.id ? -1 : 1));
}

/** Whether an offer can be accepted now. */
export function isOpen(deps: Pick<Deps, 'clock'>, { status, code }: Invite): boolean {
  return status === 'pending' && code !== undefined && code.expiresAt > deps.clock.now();
}

/** Whether the sender has an open offer already, or one more may be opened. */
async function hasRoom(deps: InviteDeps, offer: Offer): Promise<boolean> {
  const { app, handle, sender } = offer;
  const open = await openOffers(deps, offer);
  if (open.length < OPEN_MAX || open.some(({ senderHandle }) => senderHandle === sender.handle)) return true;
  deps.events.emit('code_limited', {
    handleRef: deps.handleRef(app.id, handle),
    purpose: 'invite',
    window: 'open',
  });
  const firstEnd = Math.min(...open.map(({ code }) => code?.expiresAt ?? Number.POSITIVE_INFINITY));
  hintAt(deps, app, 'code_limited', firstEnd - deps.clock.now());
  return false;
}

/** The sender's own open offer with what was offered now, under the code that went out before. */
async function amendOffer(deps: OfferDeps, { app, handle, sender, metaData, locale }: Offer): Promise<void> {
  const { invites } = deps.store;
  const updatedAt = deps.clock.now();
  await change(
    deps.clock,
    invites,
    () => invites.findBySender(app.id, handle, sender.handle),
    (current) =>
      isOpen(deps, current)
        ? { ...current, senderUserId: sender.userId, metaData, locale, updatedAt }
        : undefined,
  );
}

/**
 * Undefined when others opened as many offers as may be open at the same moment: then nothing is left of this
 * one.
 */
async function storeOffer(deps: OfferDeps, offer: Offer, code: string): Promise<Invite | undefined> {
  const { app, handle, sender } = offer;
  const { invites } = deps.store;
  const renewed = await change(
    deps.clock,
    invites,
    () => invites.findBySender(app.id, handle, sender.handle),
    (current) => renew(deps, current, offer, code),
  );
  const stored = renewed?.after ?? newOffer(deps, offer, code);
  try {
    if (!renewed) await invites.insert(stored);
  } catch (error) {
    // The same sender invited twice at once: the other row is there now.
    if (isHostError(error, 'handle_taken')) return storeOffer(deps, offer, code);
    throw error;
  }
  if (renewed && isOpen(deps, renewed.before)) return stored;
  const first = (await openOffers(deps, offer)).slice(0, OPEN_MAX);
  if (first.some(({ id }) => id === stored.id)) {
    // Not for one that is only sent again.
    deps.figures.count(app.id, 'invite_sent', invitedBy(stored));
    return stored;
  }
  await (renewed
    ? invites.replace({ ...renewed.before, revision: stored.revision })
    : invites.remove(app.id, stored.id));
  return undefined;
}

function newOffer(deps: OfferDeps, offer: Offer, code: string): Invite {
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
    code: storedCode(deps, app, id, code),
    ...futureIds(deps),
    metaData,
    locale,
    sentCount: 1,
    lastSentAt: now,
    createdAt: now,
    updatedAt: now,
  };
}

function renew(deps: OfferDeps, current: Invite, offer: Offer, code: string): Invite {
  const now = deps.clock.now();
  return {
    ...current,
    // The ids of an accepted offer belong to the account it made.
    ...(current.status === 'verified' && futureIds(deps)),
    status: 'pending',
    senderUserId: offer.sender.userId,
    code: storedCode(deps, offer.app, current.id, code),
    metaData: offer.metaData,
    locale: offer.locale,
    sentCount: (current.sentCount ?? 1) + 1,
    lastSentAt: now,
    updatedAt: now,
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
