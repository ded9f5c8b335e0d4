import { z } from 'zod';
import { setAppData } from '../../../domain/apps/app-data.ts';
import { writtenOnce } from '../../frame/kept-answer.ts';
import { userRoute } from '../../route.ts';
import { applicationAnswer, wireApplication } from '../../wire/client-app.ts';
import { doneAnswer } from '../../wire/done.ts';
import { jsonObject } from '../../wire/portal-parameter.ts';

const written = writtenOnce(wireApplication);

export const applicationRoutes = [
  userRoute({
    method: 'GET',
    path: '/api/appuser/getApplication',
    summary: 'What a client may know of its app. Answers whatever the app’s status is.',
    caller: 'app or user',
    answer: applicationAnswer,
    errors: [],
    refuse: { caller: 'invalid_data' },
    // Shipped clients ask before nearly every call (contract C4).
    limited: false,
    respond: ({ caller }) => written(caller.app),
  }),
  userRoute({
    method: 'POST',
    path: '/api/appuser/setAppData',
    summary: 'Stores the application data that `getApplication` answers.',
    caller: 'superuser',
    input: z.object({ appData: jsonObject }),
    answer: doneAnswer,
    errors: ['app_suspended', 'app_migrated', 'invalid_data'],
    log: { action: 'setAppData' },
    respond: ({ deps, caller, input }) => setAppData(deps, { caller, appData: input.appData }),
  }),
];
