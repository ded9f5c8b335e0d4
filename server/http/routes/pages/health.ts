import { openRoute, type Route, TextReply } from '../../route.ts';
import { aliveAnswer, readinessAnswer, wireAlive, wireReadiness } from '../../wire/health.ts';

/** Addresses for those who watch the host (operator §4), and the greeting of `/`. */
export const healthRoutes: Route[] = [
  openRoute({
    method: 'GET',
    path: '/healthz',
    summary: 'Answers while the process runs; touches nothing.',
    limited: false,
    answer: aliveAnswer,
    errors: [],
    respond: wireAlive,
  }),
  openRoute({
    method: 'GET',
    path: '/readyz',
    summary: 'Tells whether the host can serve: 503 while the database is away or the host is stopping.',
    limited: false,
    answer: readinessAnswer,
    errors: [],
    respond: ({ deps }) => {
      const readiness = wireReadiness(deps.readiness);
      return new TextReply(JSON.stringify(readiness), {
        contentType: 'application/json; charset=utf-8',
        status: readiness.status === 'ready' ? 200 : 503,
      });
    },
  }),
  openRoute({
    method: 'GET',
    path: '/',
    summary: 'Greets; a bad credential is refused all the same.',
    open: false,
    answer: { media: 'text/plain' },
    errors: [],
    respond: () => new TextReply('CoSync Auth host is running.\n'),
  }),
];
