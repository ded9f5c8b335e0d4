import type { LaterRoutes } from '../frame/router.ts';

/** Loads what the portal calls, and the description of it all, with the first request for one of them. */
export const later: LaterRoutes = {
  fits: (path) => /^\/(?:api\/(?:app|host)(?:\/|$)|openapi\.json$)/i.test(path),
  load: async () => (await import('./index.ts')).laterRoutes,
};
