import type { App } from '../../model/app.ts';
import { HostError, isHostError } from '../../model/errors.ts';
import { PORTAL_SENDER } from '../../model/invite.ts';
import type { Metadata } from '../../model/user.ts';
import { getActiveAppForPortal } from '../apps/apps.ts';
import { type InviteDeps, isOpen, listInvites, sendInvite } from '../joining/invite.ts';
import { findHolder, parseHandle } from '../users/handle.ts';
import { chosenLocale } from '../users/locale.ts';
import { parseMetadata } from '../users/metadata.ts';

export const INVITE_OUTCOMES = ['sent', 'exists', 'invited', 'invalid', 'limited'] as const;
/** What became of one handle of a call, as it was asked for. */
export interface InviteOutcome {
  handle: string;
  outcome: (typeof INVITE_OUTCOMES)[number];
}

/** Invited side by side. */
const AT_ONCE = 10;

/**
 * Invites many in the portal's name and tells of each, in the order asked, what became of it; a handle that
 * came before in the call is `invited`. Throws `app_gone`, `app_suspended`, `invitation_disabled` and
 * `invalid_metadata`.
 */
export async function inviteMany(
  deps: InviteDeps,
  input: { appId: string; handles: readonly string[]; metaData?: Metadata; locale?: string | undefined },
): Promise<InviteOutcome[]> {
  const app = await getActiveAppForPortal(deps, input.appId);
  if (!app.invitationEnabled) throw new HostError('invitation_disabled');
  const text = input.metaData && JSON.stringify(input.metaData);
  const metaData = text ? parseMetadata(app.metaDataInvite, text, { onBadText: 'invalid_metadata' }) : {};
  const offer = { metaData, locale: chosenLocale(app, input.locale) };
  const parsed = input.handles.map((typed) => parsedHandle(app, typed));
  const outcomes: InviteOutcome[] = [];
  for (let start = 0; start < parsed.length; start += AT_ONCE) {
    const batch = parsed.slice(start, start + AT_ONCE).map(async (handle, index) => {
      const place = start + index;
      const typed = input.handles[place] ?? '';
      if (handle === undefined) return { handle: typed, outcome: 'invalid' } as const;
      if (parsed.indexOf(handle) < place) return { handle: typed, outcome: 'invited' } as const;
      return { handle: typed, outcome: await inviteOne(deps, app, { ...offer, handle, typed }) };
    });
    outcomes.push(...(await Promise.all(batch)));
  }
  return outcomes;
}

async function inviteOne(
  deps: InviteDeps,
  app: App,
  { typed, ...offer }: { handle: string; typed: string; metaData: Metadata; locale: string },
): Promise<'sent' | 'exists' | 'invited' | 'limited'> {
  if (await findHolder(deps, app, typed)) return 'exists';
  const invites = await listInvites(deps, app, typed);
  if (invites.some((invite) => isOpen(deps, invite))) return 'invited';
  const sender = { handle: PORTAL_SENDER, userId: PORTAL_SENDER };
  return (await sendInvite(deps, { app, ...offer, sender, counted: true })) ? 'sent' : 'limited';
}

function parsedHandle(app: App, typed: string): string | undefined {
  try {
    return parseHandle(app, typed);
  } catch (error) {
    if (isHostError(error, 'invalid_data')) return undefined;
    throw error;
  }
}
