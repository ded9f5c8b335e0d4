import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import { MINUTE_MS } from '../../tools/duration.ts';
import { changeUser, wasChanged } from '../users/change.ts';
import { type MessageDeps, sendMessage } from './message.ts';

/** Mails an account that has no password yet a code to choose one with. Costs nobody's message budget. */
export function sendPasswordCode(deps: MessageDeps, app: App, user: User): Promise<void> {
  return sendResetCode(deps, app, user, { name: 'setPassword', HANDLE: user.handle, contested: true });
}

/**
 * Stores a new reset code, which voids the old one, and mails it. Does nothing for a user that is gone or has
 * another handle by now: whoever asked knew the old one.
 */
export async function sendResetCode(
  deps: MessageDeps,
  app: App,
  user: User,
  { name, HANDLE, contested }: { name: 'resetPassword' | 'setPassword'; HANDLE: string; contested?: boolean },
): Promise<void> {
  const code = deps.codes.newCode();
  const now = deps.clock.now();
  const resetCode = deps.codes.stored({
    purpose: 'reset',
    appId: app.id,
    subject: user.id,
    code,
    expiresAt: now + deps.config.resetCodeMinutes * MINUTE_MS,
  });
  const changed = await changeUser(deps, user, (current) =>
    current.handle === user.handle ? { ...current, resetCode } : undefined,
  );
  if (!wasChanged(changed)) return;
  const { locale, handle } = changed.after;
  await sendMessage(deps, {
    app,
    name,
    locale,
    to: handle,
    values: { HANDLE },
    code,
    contested,
    userId: user.id,
    purpose: 'reset',
    outcome: 'queue',
  });
}
