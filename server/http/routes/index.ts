import type { Route } from '../route.ts';
import { healthRoutes } from './pages/health.ts';
import { openApiRoute } from './pages/openapi.ts';
import { wellKnownRoutes } from './pages/well-known.ts';

const described: Route[] = [...wellKnownRoutes, ...healthRoutes];

/** Every route of the host, on one screen. */
export const routes: readonly Route[] = [...described, openApiRoute(described)];
