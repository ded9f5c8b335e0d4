import { z } from 'zod';
import { setAppData } from '../../../domain/app-data.ts';
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
  userRoute({
    method: 'POST',
    path: '/api/appuser/setAppData',
    summary: 'Stores the application data that `getApplication` answers.',
    caller: 'superuser',
    input: z.object({ appData: z.record(z.string(), z.unknown()) }),
    log: { action: 'setAppData' },
    respond: ({ deps, caller, input }) => setAppData(deps, { caller, appData: input.appData }),
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
