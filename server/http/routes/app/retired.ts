import { z } from 'zod';
import { refused } from '../../../model/errors.ts';
import { portalRoute, type Route } from '../../route.ts';

/** Routes that drove MongoDB App Services (contract §4.1). */
const RETIRED = [
  'initCosyncJWT',
  'reinitCosyncJWT',
  'removeCosyncJWT',
  'initCosyncEngine',
  'reinitCosyncEngine',
  'removeCosyncEngine',
  'saveUserSchema',
] as const;

function retiredRoute(name: (typeof RETIRED)[number]): Route {
  return portalRoute({
    method: 'POST',
    path: `/api/app/${name}`,
    summary: 'Retired with MongoDB App Services.',
    // Nothing but the app of the log row is read: the body holds other parties' keys.
    input: z.object({ appId: z.string().max(64).optional().catch(undefined) }),
    answer: z.never(),
    errors: ['refused'],
    log: { action: name },
    respond: () => {
      const detail = `MongoDB App Services reached end of life on 2025-09-30; ${name} is no longer available.`;
      throw refused(detail);
    },
  });
}

export const retiredRoutes = [
  ...RETIRED.map(retiredRoute),
  portalRoute({
    method: 'GET',
    path: '/api/app/getCosyncVersions',
    summary: 'Installable App Services packages: none any more.',
    answer: z.array(z.never()),
    errors: [],
    respond: () => [],
  }),
];
