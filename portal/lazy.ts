import type { RequestHandler } from '../client/host/in-process.ts';
import { repairPath } from '../server/http/frame/path.ts';
import type { Console } from '../server/http/koa.ts';
import type { Deps } from '../server/ports/deps.ts';
import { allowList } from './frame/allow.ts';

/**
 * The portal, loaded when somebody asks for it who may: a host that nobody manages pays no memory for it.
 * `api` answers for the API of this host, which the portal asks like everybody else.
 */
export function lazyPortal(deps: Deps, api: () => RequestHandler): Console {
  const isAllowed = allowList(deps.config.portalAllow);
  let portal: Promise<{ answer: Console['answer'] }> | undefined;
  return {
    async answer(ctx) {
      const { path, address } = ctx.exchange;
      if (!/^\/portal(?:\/|$)/.test(repairPath(path)) || !isAllowed(address)) return false;
      portal ??= import('./portal.ts').then(({ createPortal }) => createPortal(deps, api()));
      return (await portal).answer(ctx);
    },
  };
}
