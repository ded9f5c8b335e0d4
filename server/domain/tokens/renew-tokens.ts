import type { UserCaller } from '../../model/caller.ts';
import { HostError } from '../../model/errors.ts';
import type { Deps } from '../../ports/deps.ts';
import { changeUser } from '../users/change.ts';
import { rememberNetwork } from '../users/known-networks.ts';
import { isNamed, withRenewal } from '../users/renewed-sessions.ts';
import { currentUser, requireRunning, requireSession, type SessionDeps } from '../users/session.ts';
import { requireCompleteMetadata } from './claims.ts';
import { type IssuedTokens, signTokens } from './issue-tokens.ts';

type RenewalDeps = SessionDeps & Pick<Deps, 'config' | 'codes' | 'appTokens' | 'hostTokens' | 'figures'>;

/**
 * Goes on with the caller's session under new tokens; no log-in, and proof of nothing. The old access token
 * counts for a minute more, in which it can be renewed again, five times in all: of any number of
 * simultaneous calls five succeed. Who was refused or got no answer has the old token or renews it again.
 * Throws `invalid_access_token` for a token that cannot be renewed or whose session is over, and
 * `invalid_metadata` when a required field is empty that is not still due.
 */
export async function renewTokens(
  deps: RenewalDeps,
  { caller }: { caller: UserCaller },
): Promise<IssuedTokens> {
  const { app, session } = caller;
  requireRunning(app);
  const user = await currentUser(deps, caller);
  if (!isNamed(session)) throw new HostError('invalid_access_token');
  if (!user.metadataDue) requireCompleteMetadata(app, user.handle, user.metaData, 'invalid_metadata');
  const { sid, authTime } = session;
  const expiresAt = deps.hostTokens.accessTokenEnd(authTime);
  const now = deps.clock.now();
  if (expiresAt <= now) throw new HostError('invalid_access_token');
  let number = 0;
  const renewal = await changeUser(deps, user, (current) => {
    requireSession(deps, current, session);
    const renewed = withRenewal(current, session, { now, expiresAt });
    if (!renewed) throw new HostError('invalid_access_token');
    number = renewed.number;
    return renewed.user;
  });
  if (!renewal) throw new HostError('invalid_access_token');
  const { after } = renewal;
  const [tokens] = await Promise.all([
    signTokens(deps, { app, user: after, session: { sid, number, authTime, expiresAt } }),
    rememberNetwork(deps, after),
  ]);
  deps.figures.count(app.id, 'renewed');
  deps.events.emit('session_renewed', { userId: user.id });
  return tokens;
}
