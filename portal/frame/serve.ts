import { timingSafeEqual } from 'node:crypto';
import { recordAudit } from '../../server/domain/operators/audit.ts';
import { findSession, isSteppedUp, keepForm, type SignedIn } from '../../server/domain/operators/sessions.ts';
import { repairPath } from '../../server/http/frame/path.ts';
import type { HttpContext } from '../../server/http/frame/request-facts.ts';
import { AddressLimit } from '../../server/http/frame/request-limit.ts';
import { Upload } from '../../server/http/frame/upload.ts';
import { UploadFolders } from '../../server/http/frame/upload-folders.ts';
import { portalOrigin } from '../../server/model/config.ts';
import type { Deps } from '../../server/ports/deps.ts';
import type { HostClients } from '../host-client.ts';
import { accessOf, owesFactor } from '../roles.ts';
import { Cookies, type EntryPass } from './cookies.ts';
import { Form, type FormFiles, isMultipart, readForm, readUpload } from './form.ts';
import { ownAddress, provenanceOf } from './origin-rules.ts';
import { Refusal } from './refusal.ts';
import {
  type OperatorRoute,
  type PortalReply,
  type PortalRoute,
  page,
  redirect,
  type Visit,
} from './route.ts';
import type { Router } from './router.ts';
import { acceptedLanguage, isLanguage, Texts } from './texts.ts';

/** What is known of a request before its route answers. */
export interface Exchange {
  readonly ctx: HttpContext;
  readonly path: string;
  readonly secure: boolean;
  readonly cookies: Cookies;
  texts: Texts;
  signedIn: SignedIn | undefined;
  csrf: string;
  /** Cookies that every answer to this request sets. */
  readonly setCookies: string[];
  /** Made by htmx: a part of the page is wanted. */
  readonly wantsPart: boolean;
}

/** The largest form that waits for a step-up. */
const WAITING_BYTES = 64 * 1024;

/**
 * Answers a request of the portal; the order of its checks on one screen. Origin → session → language →
 * role → form and its token → step-up → the route. Throws `Refusal` and `HostError`.
 */
export function createServe(deps: Deps, router: Router, clients: HostClients) {
  const limit = deps.config.addressLimitPerMinute;
  const requests = new AddressLimit(10 * limit, deps);
  const signIns = new AddressLimit(limit, deps);
  const folders = new UploadFolders(deps.config.dataDir);

  /** Fills in who asks, as far as it is known; never throws for a bad cookie. */
  function open(ctx: HttpContext): Exchange {
    const { req, exchange } = ctx;
    const secure = portalOrigin(deps.config).startsWith('https:');
    const cookies = new Cookies(secure);
    const chosen = cookies.language(req);
    const language = isLanguage(chosen) ? chosen : acceptedLanguage(req.headers['accept-language']);
    return {
      ctx,
      path: repairPath(exchange.path),
      secure,
      cookies,
      texts: new Texts(language),
      signedIn: undefined,
      csrf: '',
      setCookies: [],
      wantsPart: req.headers['hx-request'] === 'true',
    };
  }

  async function serve(exchange: Exchange): Promise<PortalReply> {
    const { ctx, path } = exchange;
    const { req } = ctx;
    requests.count(ctx.exchange.address);
    const found = router.find(req.method ?? '', path);
    if (found) ctx.exchange.route = found.route.path;
    const provenance = provenanceOf(req, portalOrigin(deps.config));
    if (provenance === 'foreign') throw new Refusal(403, 'error.foreign', { url: portalOrigin(deps.config) });
    const entry = await recognise(exchange, found?.route);
    if (!found) throw new Refusal(404);
    // A cookie that must not travel from elsewhere comes when the page asks for itself again.
    if (provenance === 'link' && !exchange.signedIn) {
      const to = ownAddress(`${path}?${ctx.exchange.query}`);
      return page('continue', 'continue.title', { to });
    }
    const { route, params } = found;
    if (route.who === 'operator') return serveOperator(exchange, route, params);
    if (route.method === 'POST') signIns.count(ctx.exchange.address);
    const { form } = await formOf(exchange, route);
    const visit: Visit = {
      ...asked(exchange, params, form),
      signedIn: exchange.signedIn,
      pending: entry?.pending,
      csrf: exchange.csrf,
    };
    return route.respond(visit);
  }

  async function serveOperator(
    exchange: Exchange,
    route: OperatorRoute,
    params: Readonly<Record<string, string>>,
  ): Promise<PortalReply> {
    const { signedIn } = exchange;
    if (!signedIn) {
      if (route.method === 'POST' || exchange.wantsPart) throw new Refusal(401);
      return redirect(`/portal/sign-in?to=${encodeURIComponent(exchange.ctx.req.url ?? '')}`);
    }
    if (!route.first && owesFactor(signedIn.operator, deps.config.apiUrl)) {
      if (route.method === 'POST') throw new Refusal(403, 'error.factorFirst');
      return redirect('/portal/me');
    }
    if (accessOf(signedIn.operator, route.may) === 'none') throw new Refusal(403);
    const rule = route.upload === true ? ({ maxMb: 'importMaxMb' } as const) : route.upload;
    const upload = rule ? new Upload(exchange.ctx, folders, deps.config, rule) : undefined;
    try {
      return await serveForm(exchange, { route, params, signedIn, upload });
    } finally {
      await upload?.discard();
    }
  }

  async function serveForm(
    exchange: Exchange,
    {
      route,
      params,
      signedIn,
      upload,
    }: {
      route: OperatorRoute;
      params: Readonly<Record<string, string>>;
      signedIn: SignedIn;
      upload: Upload | undefined;
    },
  ): Promise<PortalReply> {
    const isProven = isSteppedUp(deps, signedIn.session);
    const { form, file, files } = await formOf(exchange, route, upload);
    if (route.stepUp && !isSteppedUp(deps, signedIn.session)) {
      const { session } = signedIn;
      if (form.text.length > WAITING_BYTES) throw new Refusal(422, 'error.tooLarge');
      const id = await keepForm(deps, session, { path: exchange.path, body: form.text });
      return redirect(`/portal/confirm?form=${id ?? ''}`);
    }
    const { operator, session } = signedIn;
    const actor = { operator, address: exchange.ctx.exchange.address };
    return route.respond({
      ...asked(exchange, params, form),
      operator,
      session,
      access: accessOf(operator, route.may),
      file,
      files,
      isProven,
      hosts: () => clients.list(operator),
      async client(host) {
        const client = await clients.of(actor, host);
        if (!client) throw new Refusal(404);
        return client;
      },
      audit: (row) => recordAudit(deps, actor, row),
    });
  }

  /** Who this is by their cookies, and in which language to speak. A visitor gets a pass for a form. */
  async function recognise(
    exchange: Exchange,
    route: PortalRoute | undefined,
  ): Promise<EntryPass | undefined> {
    const { ctx, cookies } = exchange;
    const secret = cookies.session(ctx.req);
    const isPoll = (route?.who === 'operator' && route.polls) || ctx.exchange.query.includes('poll=');
    exchange.signedIn = secret ? await findSession(deps, secret, { extends: !isPoll }) : undefined;
    if (exchange.signedIn) {
      const { operator, session } = exchange.signedIn;
      const language = isLanguage(operator.locale) ? operator.locale : exchange.texts.language;
      exchange.texts = new Texts(language, operator.zone);
      exchange.csrf = session.csrf;
      return undefined;
    }
    const now = deps.clock.now();
    const known = cookies.entry(ctx.req, deps.cipher, now);
    const pass = known ?? { csrf: deps.codes.newSecret(), until: now };
    exchange.csrf = pass.csrf;
    if (!known) exchange.setCookies.push(cookies.setEntry({ csrf: pass.csrf }, deps.cipher, now));
    return known;
  }

  async function formOf(
    exchange: Exchange,
    route: PortalRoute,
    upload?: Upload,
  ): Promise<FormFiles & { form: Form }> {
    if (route.method === 'GET') return { form: new Form(), file: undefined, files: {} };
    const sent =
      upload && isMultipart(exchange.ctx.req)
        ? await readUpload(upload)
        : { form: await readForm(exchange.ctx.req), file: undefined, files: {} };
    if (!isSame(sent.form.get('csrf'), exchange.csrf)) throw new Refusal(403, 'error.csrf');
    return sent;
  }

  function asked(exchange: Exchange, params: Readonly<Record<string, string>>, form: Form) {
    const { ctx, texts, secure } = exchange;
    return {
      deps,
      path: exchange.path,
      params,
      query: new URLSearchParams(ctx.exchange.query),
      form,
      texts,
      address: ctx.exchange.address,
      userAgent: ctx.req.headers['user-agent'] ?? '',
      requestId: ctx.exchange.requestId,
      secure,
    };
  }

  return { open, serve };
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && other.length > 0 && timingSafeEqual(one, other);
}
