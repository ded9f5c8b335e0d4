import type { HostClient } from '../../client/host/index.ts';
import type { ReceivedFile, UploadRule } from '../../server/http/route.ts';
import type { AuditChange, Operator, OperatorSession } from '../../server/model/operator.ts';
import type { Deps } from '../../server/ports/deps.ts';
import type { PortalHost } from '../host-client.ts';
import type { Access, Action } from '../roles.ts';
import type { Form } from './form.ts';
import type { Texts } from './texts.ts';

/** What every answer of the portal is made from. */
interface Asked {
  deps: Deps;
  /** Path of the address. */
  path: string;
  /** Parts of the path, by the names in the pattern. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Empty with GET. */
  form: Form;
  texts: Texts;
  /** The client's address. */
  address: string;
  userAgent: string;
  /** The browser takes pages over https alone. */
  secure: boolean;
  requestId: string;
}

/** A request of somebody who is not signed in, or may not be. */
export interface Visit extends Asked {
  signedIn: { operator: Operator; session: OperatorSession } | undefined;
  /** Who gave the right password, and owes a code. */
  pending: { operatorId: string; epoch: number } | undefined;
  csrf: string;
}

/** A request of an operator who may do what the route is for. */
export interface Request extends Asked {
  operator: Operator;
  session: OperatorSession;
  /** `full`, `masked` or `own`: how much of the answer is for this operator. */
  access: Access;
  /** What was sent as the part `file` to a route with `upload`. Its temporary copy goes with the answer. */
  file: ReceivedFile | undefined;
  /** Of a route whose `upload` names further parts: those that came, by their name. */
  files: Readonly<Record<string, ReceivedFile>>;
  /** A fresh proof held when the request came: a large file may be on its way for longer than one holds. */
  isProven: boolean;
  /** The hosts this operator knows of. */
  hosts(): Promise<PortalHost[]>;
  /** A client of one of them, by the `:host` of an address. Throws `Refusal` 404 for another. */
  client(host: string): Promise<HostClient>;
  /** Writes a line of the audit about this operator. */
  audit(row: {
    action: string;
    host?: string;
    appId?: string;
    target?: string;
    changes?: AuditChange[];
  }): Promise<void>;
}

/** The name of a text, or what stands there as it is. */
export type PageTitle = string | { literal: string };

/** A page: `view` names a template, which is given `model`. */
export interface PageReply {
  kind: 'page';
  view: string;
  title: PageTitle;
  model: Readonly<Record<string, unknown>>;
  status: number;
  cookies: readonly string[];
}
/** Another page instead; `notice` is the name of a text shown on it. */
export interface RedirectReply {
  kind: 'redirect';
  to: string;
  notice?: string | undefined;
  cookies: readonly string[];
}
export interface DownloadReply {
  kind: 'download';
  filename: string;
  contentType: string;
  body: AsyncIterable<string | Uint8Array>;
  cookies: readonly string[];
}
/** A whole document for a frame of a page. */
export interface DocumentReply {
  kind: 'document';
  html: string;
  status: number;
  cookies: readonly string[];
}
export type PortalReply = PageReply | RedirectReply | DownloadReply | DocumentReply;

/** A page from the template `templates/portal/<view>.hbs`. */
export function page(
  view: string,
  title: PageTitle,
  model: Readonly<Record<string, unknown>> = {},
  { status = 200, cookies = [] }: { status?: number; cookies?: readonly string[] } = {},
): PageReply {
  return { kind: 'page', view, title, model, status, cookies };
}

/** 303: what a form did stands in the address, so that going back does not do it again. */
export function redirect(
  to: string,
  { notice, cookies = [] }: { notice?: string; cookies?: readonly string[] } = {},
): RedirectReply {
  return { kind: 'redirect', to, notice, cookies };
}

export function download(filename: string, contentType: string, body: DownloadReply['body']): DownloadReply {
  return { kind: 'download', filename, contentType, body, cookies: [] };
}

/**
 * What a page shows in `<iframe sandbox>`: markup that is not the portal's own, under a policy that lets it
 * have styles and pictures and nothing else (`framePolicy`).
 */
export function frameDocument(html: string, status = 200): DocumentReply {
  return { kind: 'document', html, status, cookies: [] };
}

interface Common {
  method: 'GET' | 'POST';
  /** `:name` stands for one part. */
  path: string;
}
/** An address for everybody: signing in. */
export interface VisitorRoute extends Common {
  who: 'anybody';
  respond(visit: Visit): Promise<PortalReply>;
}
/** An address for operators. */
export interface OperatorRoute extends Common {
  who: 'operator';
  /** The row of the roles' table that lets somebody in. */
  may: Action;
  /** Asks for a fresh proof before the form is looked at. */
  stepUp: boolean;
  /**
   * Takes a form with a file (multipart), of `IMPORT_MAX_MB` where nothing else is said; it is received after
   * the role was looked at.
   */
  upload: boolean | UploadRule;
  /** Asked by a timer: it does not keep a session alive. */
  polls: boolean;
  /** Answers an owner too who still owes the second factor. */
  first: boolean;
  respond(request: Request): Promise<PortalReply>;
}
export type PortalRoute = VisitorRoute | OperatorRoute;

/** Declares an address for everybody. */
export function visitorRoute(route: Omit<VisitorRoute, 'who'>): PortalRoute {
  return { who: 'anybody', ...route };
}

/** Declares an address for operators. */
export function operatorRoute(
  route: Omit<OperatorRoute, 'who' | 'stepUp' | 'upload' | 'polls' | 'first'> &
    Partial<Pick<OperatorRoute, 'stepUp' | 'upload' | 'polls' | 'first'>>,
): PortalRoute {
  return { who: 'operator', stepUp: false, upload: false, polls: false, first: false, ...route };
}
