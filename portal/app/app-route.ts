import type { App } from '../../client/host/apps.ts';
import { type HostClient, HostClientError } from '../../client/host/index.ts';
import { Refusal } from '../frame/refusal.ts';
import {
  type OperatorRoute,
  operatorRoute,
  type PageReply,
  type PageTitle,
  type PortalReply,
  type PortalRoute,
  page,
  type Request,
} from '../frame/route.ts';
import { seesApp } from '../roles.ts';
import { appBar, declareScreen } from './app-bar.ts';

/** A request about one app that this operator may see. */
export interface AppRequest extends Request {
  appId: string;
  app: App;
  /** Asks the app's host. */
  host: HostClient;
  /** `here`, or the id of another host. */
  hostId: string;
  /** Address of the app's home; those of its other screens begin with it. */
  base: string;
}

const APP = '/portal/hosts/:host/apps/:appId';
const APP_ID = /^[\da-f]{32}$/;

/**
 * Declares an address below an app's home: `path` is `/users`, empty for the home itself. An app that does
 * not exist, or lies outside the operator's limit, is 404.
 */
export function appRoute(
  route: Omit<OperatorRoute, 'who' | 'stepUp' | 'upload' | 'polls' | 'first' | 'respond'> &
    Partial<Pick<OperatorRoute, 'stepUp' | 'upload' | 'polls'>> & {
      respond(request: AppRequest): Promise<PortalReply>;
    },
): PortalRoute {
  const { path, respond } = route;
  if (route.method === 'GET') declareScreen(path);
  return operatorRoute({
    ...route,
    path: APP + path,
    respond: async (request) => respond(await appRequest(request)),
  });
}

async function appRequest(request: Request): Promise<AppRequest> {
  const { host: hostId = '', appId = '' } = request.params;
  if (!APP_ID.test(appId) || !seesApp(request.operator, hostId, appId)) throw new Refusal(404);
  const host = await request.client(hostId);
  const app = await host.apps.get({ appId }).catch((error: unknown) => {
    throw error instanceof HostClientError && error.kind === 'refused' ? new Refusal(404) : error;
  });
  return { ...request, appId, app, host, hostId, base: `/portal/hosts/${hostId}/apps/${appId}` };
}

/** A page of an app, below the bar of its screens; its template gets `base` and `appName` too. */
export async function appPage(
  request: AppRequest,
  view: string,
  title: PageTitle,
  model: Readonly<Record<string, unknown>> = {},
  options: { status?: number } = {},
): Promise<PageReply> {
  const { app, base } = request;
  const bar = await appBar(request, request);
  return page(view, title, { ...model, base, appName: app.name, appBar: bar }, options);
}
