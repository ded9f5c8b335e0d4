import type { RequestHandler } from '../client/host/in-process.ts';
import { HostClientError } from '../client/host/index.ts';
import { setNotice } from '../server/domain/operators/sessions.ts';
import type { HttpContext } from '../server/http/frame/request-facts.ts';
import type { Console } from '../server/http/koa.ts';
import { errorFields } from '../server/log/events.ts';
import { HostError } from '../server/model/errors.ts';
import type { Deps } from '../server/ports/deps.ts';
import { Assets } from './frame/assets.ts';
import { framePolicy, pagePolicy } from './frame/headers.ts';
import { navigationFor } from './frame/navigation.ts';
import { Refusal } from './frame/refusal.ts';
import { type PageReply, type PortalReply, page } from './frame/route.ts';
import { Router } from './frame/router.ts';
import { PortalSender } from './frame/sender.ts';
import { createServe, type Exchange } from './frame/serve.ts';
import { LANGUAGES, languageTag } from './frame/texts.ts';
import { Views } from './frame/views.ts';
import { HostClients } from './host-client.ts';
import { confirmRoutes } from './routes/confirm.ts';
import { routes } from './routes/index.ts';

/** A reply whose page is rendered. */
type ReadyReply = Exclude<PortalReply, PageReply> | (PageReply & { nonce: string; body: string });

/** Every page of the portal. `handle` answers for the API of this host. */
export function createPortal(deps: Deps, handle: RequestHandler): Console {
  const assets = new Assets();
  const views = new Views();
  const sender = new PortalSender(deps.config);
  const router: Router = new Router([...routes, ...confirmRoutes(() => router)]);
  const serve = createServe(deps, router, new HostClients(deps, handle));

  async function answer(ctx: HttpContext): Promise<boolean> {
    const exchange = serve.open(ctx);
    const asset = assets.find(exchange.path);
    if (asset) {
      ctx.exchange.route = '/portal/assets';
      sender.sendAsset(ctx, exchange.secure, asset);
      return true;
    }
    await send(exchange, await readyReply(exchange));
    return true;
  }

  async function readyReply(exchange: Exchange): Promise<ReadyReply> {
    try {
      return await prepare(exchange, await serve.serve(exchange));
    } catch (thrown) {
      return prepare(exchange, errorPage(exchange, asRefusal(thrown)));
    }
  }

  /** All that can fail before the first byte is sent. */
  async function prepare(exchange: Exchange, reply: PortalReply): Promise<ReadyReply> {
    const { signedIn } = exchange;
    if (reply.kind === 'page') {
      const nonce = deps.codes.newId();
      return { ...reply, nonce, body: await render(exchange, reply, nonce) };
    }
    if (reply.kind === 'redirect' && reply.notice && signedIn)
      await setNotice(deps, signedIn.session, reply.notice);
    return reply;
  }

  function asRefusal(thrown: unknown): Refusal {
    if (thrown instanceof Refusal) return thrown;
    if (thrown instanceof HostError && (thrown.status === 429 || thrown.status === 503))
      return new Refusal(thrown.status, 'error.busy');
    if (thrown instanceof HostError && thrown.error === 'body_too_large')
      return new Refusal(422, 'error.tooLarge');
    if (thrown instanceof HostClientError) return hostRefusal(thrown);
    // A made-up cursor, or a body that is none.
    if (thrown instanceof HostError && thrown.status === 400) return new Refusal(422);
    deps.events.emit('unexpected_error', errorFields(thrown));
    return new Refusal(500);
  }

  function errorPage({ texts, ctx }: Exchange, { status, hint, values }: Refusal): PageReply {
    const name = [401, 403, 404, 422, 500].includes(status) ? status : 503;
    const sentence = texts.say(hint ?? `error.${name}.text`, values);
    const model = { sentence, requestId: ctx.exchange.requestId, signIn: status === 401 };
    return page('error', `error.${name}`, model, { status });
  }

  async function send(exchange: Exchange, reply: ReadyReply): Promise<void> {
    const { ctx, secure } = exchange;
    const cookies = [...exchange.setCookies, ...reply.cookies].flatMap((cookie) => ['Set-Cookie', cookie]);
    if (reply.kind === 'download') {
      await sender.sendDownload(ctx, secure, reply, cookies).catch(() => ctx.res.destroy());
      return;
    }
    if (reply.kind === 'document') {
      return sender.send(ctx, secure, {
        status: reply.status,
        contentType: 'text/html; charset=utf-8',
        body: reply.html,
        headers: ['Content-Security-Policy', framePolicy, ...cookies],
        framed: true,
      });
    }
    if (reply.kind === 'page') {
      const headers = [
        'Content-Security-Policy',
        pagePolicy(reply.nonce),
        'Content-Language',
        languageTag(exchange.texts.language),
        ...cookies,
      ];
      if (reply.status === 401 && exchange.wantsPart) headers.push('HX-Redirect', '/portal/sign-in');
      return sender.send(ctx, secure, {
        status: reply.status,
        contentType: 'text/html; charset=utf-8',
        body: reply.body,
        headers,
      });
    }
    const policy = ['Content-Security-Policy', pagePolicy(deps.codes.newId())];
    if (exchange.wantsPart) {
      return sender.send(ctx, secure, {
        status: 200,
        headers: [...policy, ...cookies, 'HX-Redirect', reply.to],
      });
    }
    return sender.send(ctx, secure, { status: 303, headers: [...policy, ...cookies, 'Location', reply.to] });
  }

  async function render(exchange: Exchange, reply: PageReply, nonce: string): Promise<string> {
    const { texts, signedIn, csrf, path, ctx, cookies } = exchange;
    const operator = signedIn?.operator;
    const model = {
      ...reply.model,
      texts,
      title: typeof reply.title === 'string' ? texts.say(reply.title) : reply.title.literal,
      csrf,
      nonce,
      language: texts.language,
      languageTag: languageTag(texts.language),
      languages: Object.entries(LANGUAGES).map(([value, label]) => ({ value, label })),
      theme: cookies.theme(ctx.req),
      themeCookie: cookies.setTheme('dark').replace(/=dark/, '=THEME'),
      here: ctx.req.url ?? '/portal',
      operator: operator && { email: operator.email, role: operator.role },
      keyboard: operator?.keyboard !== false,
      navigation: operator ? navigationFor(operator, path) : [],
      // An error page leaves it to the next one: what failed may be the store that keeps it.
      notice: reply.view === 'error' ? undefined : noticeOf(exchange),
      css: assets.address('portal.css'),
      script: assets.address('portal.js'),
      htmx: assets.address('htmx.js'),
      hxCsp: assets.address('hx-csp.js'),
      icon: assets.address('icon.svg'),
    };
    if (exchange.wantsPart) return views.part(reply.view, model);
    if (model.notice && signedIn) await setNotice(deps, signedIn.session, undefined);
    return views.page(reply.view, model);
  }

  return { answer };
}

/** A host that does not do what a screen asked for, where the screen has no better place to say so. */
function hostRefusal({ kind, status, message }: HostClientError): Refusal {
  if (kind === 'secret_refused') return new Refusal(503, 'error.secretRefused');
  if (kind !== 'refused') return new Refusal(503, 'error.hostAway');
  if (status === 429 || status === 503) return new Refusal(503, 'error.busy');
  return new Refusal(422, 'error.hostRefused', { message });
}

function noticeOf({ signedIn, texts }: Exchange): string | undefined {
  const name = signedIn?.session.notice;
  return name !== undefined && texts.has(name) ? texts.say(name) : undefined;
}
