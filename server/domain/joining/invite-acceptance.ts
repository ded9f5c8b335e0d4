import type { App } from '../../model/app.ts';
import { HostError } from '../../model/errors.ts';
import { type Invite, invitedBy } from '../../model/invite.ts';
import type { Deps } from '../../ports/deps.ts';
import { type CodeDeps, judgeInvites } from '../attempts/code-attempts.ts';
import type { MessageDeps } from '../messages/message.ts';
import { sendWelcome } from '../messages/welcome.ts';
import { requireSentMetadata } from '../tokens/claims.ts';
import { type IssuedTokens, issueTokens, type TokenDeps } from '../tokens/issue-tokens.ts';
import { change, changeUser, wasChanged } from '../users/change.ts';
import { findHolder, parseHandle } from '../users/handle.ts';
import { chosenLocale } from '../users/locale.ts';
import { mergeMetadata, parseMetadata } from '../users/metadata.ts';
import { countPassword } from '../users/password-kinds.ts';
import { type NewPassword, requireNewPassword } from '../users/password-rules.ts';
import { requireRunning } from '../users/session.ts';
import { type CreateDeps, createUser } from './create-user.ts';
import { listInvites } from './invite.ts';

type RegisterDeps = CodeDeps & CreateDeps & MessageDeps & TokenDeps & Pick<Deps, 'passwords'>;

/**
 * Accepts an invite: makes the account under the ids the invite carries, then marks the invite, then issues
 * tokens, so that the same code finishes what a crash interrupted (design §5). Of simultaneous uses of one
 * code one succeeds. The invite's metadata win over the user's own. Throws, in this order,
 * `invitation_disabled`, `invalid_data`, `handle_taken`, `invalid_metadata`; `invitation_disabled` when the
 * app is full.
 */
export async function register(
  deps: RegisterDeps,
  input: {
    app: App;
    handle: string;
    password: NewPassword;
    code: string;
    metaData?: string | undefined;
    locale?: string | undefined;
  },
): Promise<IssuedTokens> {
  const { app, password, code } = input;
  requireRunning(app);
  if (!app.invitationEnabled) throw new HostError('invitation_disabled');
  requireNewPassword(app, password);
  const handle = parseHandle(app, input.handle);
  const invite = await getByCode(deps, app, input.handle, code);
  if (invite.status !== 'pending') throw new HostError('handle_taken');
  const locale = chosenLocale(app, input.locale);
  const own = parseMetadata(app.metaData, input.metaData, { onBadText: 'invalid_data' });
  const metaData = mergeMetadata(own, invite.metaData);
  const holder = await findHolder(deps, app, input.handle);
  if (holder && holder.id !== invite.userId) throw new HostError('handle_taken');
  requireSentMetadata(app, handle, metaData, 'invalid_metadata');
  const passwordHash = await deps.passwords.hash(password.md5);
  const { user } = await createUser(deps, {
    app,
    ids: invite,
    handle,
    passwordHash,
    locale,
    metaData,
    loginProvider: '',
    via: 'invite',
    full: 'invitation_disabled',
  });
  if (!(await accept(deps, invite))) throw new HostError('handle_taken');
  deps.figures.count(app.id, 'invite_accepted', invitedBy(invite));
  // A use that lost the race or ended in a crash made the account: the password acknowledged is the one that
  // counts.
  if (user.passwordHash !== passwordHash) {
    await changeUser(deps, user, (current) => ({ ...current, passwordHash }));
    await countPassword(deps, app, { before: user.passwordHash, after: passwordHash });
  }
  // What others asked for with this handle has no part in the account, also when it is deleted one day.
  await deps.store.signups.removeByHandle(app.id, handle);
  await sendWelcome(deps, user, app);
  return issueTokens(deps, { app, user, method: 'register', emptyMetadata: 'invalid_metadata' });
}

/** The invite of that handle whose code this is. Throws `invalid_data` when there is none. */
async function getByCode(deps: CodeDeps, app: App, text: string, code: string): Promise<Invite> {
  const invites = await listInvites(deps, app, text);
  const handle = parseHandle(app, text);
  const invite = await judgeInvites(deps, { app, handle, code, invites });
  if (!invite) throw new HostError('invalid_data');
  return invite;
}

/** pending → verified; true for one caller only. */
async function accept(deps: Pick<Deps, 'store' | 'clock'>, invite: Invite): Promise<boolean> {
  const { invites } = deps.store;
  const accepted = await change(
    deps.clock,
    invites,
    () => invites.find(invite.appId, invite.id),
    (current) =>
      current.status === 'pending'
        ? { ...current, status: 'verified' as const, updatedAt: deps.clock.now() }
        : undefined,
  );
  return wasChanged(accepted);
}
