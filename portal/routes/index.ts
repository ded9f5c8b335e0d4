import { operatorRoute, type PortalRoute, redirect } from '../frame/route.ts';
import { appHomeRoutes } from './app-home.ts';
import { appImportRoutes } from './app-import.ts';
import { appListRoutes } from './app-list.ts';
import { assetRoutes } from './assets.ts';
import { auditRoutes } from './audit.ts';
import { dataRoutes } from './data.ts';
import { deliveryRoutes } from './deliveries.ts';
import { hostRoutes } from './hosts.ts';
import { keyRoutes } from './keys.ts';
import { logRoutes } from './logs.ts';
import { machineRoutes } from './machine.ts';
import { meRoutes } from './me.ts';
import { messageRoutes } from './messages.ts';
import { moveInRoutes } from './move-in.ts';
import { numberRoutes } from './numbers.ts';
import { operatorRoutes } from './operators.ts';
import { peopleRoutes } from './people.ts';
import { settingsRoutes } from './settings.ts';
import { signInRoutes } from './sign-in.ts';

/** Every address of the portal but that of the step-up, which sends other forms on. */
export const routes: readonly PortalRoute[] = [
  operatorRoute({
    method: 'GET',
    path: '/portal',
    may: 'seeHosts',
    respond: async ({ hosts }) => {
      const [first, ...others] = await hosts();
      return redirect(first && others.length === 0 ? `/portal/hosts/${first.id}/apps` : '/portal/hosts');
    },
  }),
  ...signInRoutes,
  ...meRoutes,
  ...hostRoutes,
  ...appListRoutes,
  ...appHomeRoutes,
  ...settingsRoutes,
  ...machineRoutes,
  ...appImportRoutes,
  ...dataRoutes,
  ...moveInRoutes,
  ...assetRoutes,
  ...deliveryRoutes,
  ...messageRoutes,
  ...logRoutes,
  ...numberRoutes,
  ...peopleRoutes,
  ...keyRoutes,
  ...operatorRoutes,
  ...auditRoutes,
];
