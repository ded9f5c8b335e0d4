import type { App } from '../../model/app.ts';
import type { User } from '../../model/user.ts';
import { type MessageDeps, sendMessage } from './message.ts';

/**
 * In an app that hides accounts the owner of a handle learns by mail what the answer to whoever asked for it
 * does not say. One try, before that answer: a code to a free handle takes as long.
 */
export function sendAlreadyRegistered(
  deps: MessageDeps,
  { handle, locale }: Pick<User, 'handle' | 'locale'>,
  app: App,
): Promise<void> {
  return sendMessage(deps, {
    app,
    name: 'alreadyRegistered',
    locale,
    to: handle,
    values: {},
    outcome: 'wait',
  });
}
