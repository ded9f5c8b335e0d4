import type { App } from '../../model/app.ts';
import type { Signup } from '../../model/signup.ts';
import { type MessageDeps, sendMessage } from './message.ts';

/** The welcome mail of whatever way somebody joined. */
export function sendWelcome(
  deps: MessageDeps,
  { handle, locale }: Pick<Signup, 'handle' | 'locale'>,
  app: App,
  contested = false,
): Promise<void> {
  return sendMessage(deps, {
    app,
    name: 'signUpSuccess',
    locale,
    to: handle,
    values: {},
    contested,
    outcome: 'queue',
  });
}
