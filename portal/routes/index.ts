import { operatorRoute, type PortalRoute, redirect } from '../frame/route.ts';
import { auditRoutes } from './audit.ts';
import { hostRoutes } from './hosts.ts';
import { meRoutes } from './me.ts';
import { operatorRoutes } from './operators.ts';
import { signInRoutes } from './sign-in.ts';

/** Every address of the portal but that of the step-up, which sends other forms on. */
export const routes: readonly PortalRoute[] = [
  operatorRoute({
    method: 'GET',
    path: '/portal',
    may: 'seeHosts',
    respond: async () => redirect('/portal/hosts'),
  }),
  ...signInRoutes,
  ...meRoutes,
  ...hostRoutes,
  ...operatorRoutes,
  ...auditRoutes,
];
