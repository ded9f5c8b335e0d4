import type { Route } from '../route.ts';
import { appRoutes } from './app/apps.ts';
import { appAssetRoutes } from './app/assets.ts';
import { figureRoutes } from './app/figures.ts';
import { appInviteRoutes } from './app/invites.ts';
import { jobRoutes } from './app/jobs.ts';
import { logRoutes } from './app/logs.ts';
import { metadataRoutes } from './app/metadata.ts';
import { moveInRoutes } from './app/move-in.ts';
import { providerRoutes } from './app/providers.ts';
import { retiredRoutes } from './app/retired.ts';
import { settingRoutes } from './app/settings.ts';
import { appSignupRoutes } from './app/signups.ts';
import { statisticsRoutes } from './app/statistics.ts';
import { templateRoutes } from './app/templates.ts';
import { tokenRoutes } from './app/tokens.ts';
import { transferRoutes } from './app/transfer.ts';
import { userActionRoutes } from './app/user-actions.ts';
import { appUserRoutes } from './app/users.ts';
import { openRoutes, pageRoutes, userRoutes } from './first.ts';
import { hostRoutes } from './host/host.ts';
import { hostMessageRoutes } from './host/messages.ts';
import { hostTestRoutes } from './host/tests.ts';
import { openApiRoute } from './pages/openapi.ts';

/** What the portal calls (contract §4, operator §7). */
const portalRoutes: Route[] = [
  ...appRoutes,
  ...settingRoutes,
  ...metadataRoutes,
  ...appUserRoutes,
  ...userActionRoutes,
  ...jobRoutes,
  ...appSignupRoutes,
  ...appInviteRoutes,
  ...templateRoutes,
  ...providerRoutes,
  ...tokenRoutes,
  ...logRoutes,
  ...statisticsRoutes,
  ...figureRoutes,
  ...transferRoutes,
  ...moveInRoutes,
  ...appAssetRoutes,
  ...retiredRoutes,
  ...hostRoutes,
  ...hostMessageRoutes,
  ...hostTestRoutes,
];

const described = [...userRoutes, ...portalRoutes, ...openRoutes];

/** What a host loads when somebody asks for one of these for the first time (`later.ts`). */
export const laterRoutes: readonly Route[] = [...portalRoutes, openApiRoute(described)];

/** Every route of the host. */
export const routes: readonly Route[] = [...userRoutes, ...openRoutes, ...pageRoutes, ...laterRoutes];
