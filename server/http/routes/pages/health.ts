import { openRoute, type Route, TextReply } from '../../route.ts';

/** Addresses for those who watch the host (operator §4), and the greeting of `/`. */
export const healthRoutes: Route[] = [
  openRoute({
    method: 'GET',
    path: '/healthz',
    summary: 'Answers while the process runs; touches nothing.',
    limited: false,
    respond: () => ({ status: 'ok' }),
  }),
  openRoute({
    method: 'GET',
    path: '/readyz',
    summary: 'Tells whether the host can serve: 503 while the database is away or the host is stopping.',
    limited: false,
    respond: ({ deps: { readiness } }) => {
      const { database, draining } = readiness;
      const ready = database === 'ok' && !draining;
      return new TextReply(JSON.stringify({ status: ready ? 'ready' : 'unavailable', database }), {
        contentType: 'application/json; charset=utf-8',
        status: ready ? 200 : 503,
      });
    },
  }),
  openRoute({
    method: 'GET',
    path: '/',
    summary: 'Greets; a bad credential is refused all the same.',
    open: false,
    respond: () => new TextReply('CoSync Auth host is running.\n'),
  }),
];
