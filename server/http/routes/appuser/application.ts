import type { App } from '../../../model/app.ts';
import { TextReply, userRoute } from '../../route.ts';
import { wireApplication } from '../../wire/application.ts';

export const applicationRoutes = [
  userRoute({
    method: 'GET',
    path: '/api/appuser/getApplication',
    summary: 'What a client may know of its app. Answers whatever the app’s status is.',
    caller: 'app or user',
    refuse: { caller: 'invalid_data' },
    // Shipped clients ask before nearly every call (contract C4).
    limited: false,
    respond: ({ caller }) => answerOf(caller.app),
  }),
];

/** Clients ask before nearly every call: the answer is written once for each state of an app. */
const written = new WeakMap<App, TextReply>();

function answerOf(app: App): TextReply {
  let answer = written.get(app);
  if (!answer) {
    const text = JSON.stringify(wireApplication(app));
    answer = new TextReply(text, { contentType: 'application/json; charset=utf-8' });
    written.set(app, answer);
  }
  return answer;
}
