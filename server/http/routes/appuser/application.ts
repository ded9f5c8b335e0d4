import { userRoute } from '../../route.ts';
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
    respond: ({ caller }) => wireApplication(caller.app),
  }),
];
