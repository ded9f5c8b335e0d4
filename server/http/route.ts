import type { z } from 'zod';
import type {
  AppCaller,
  Caller,
  Nobody,
  ServerCaller,
  SuperUserCaller,
  UserCaller,
} from '../model/caller.ts';
import type { ErrorName, Reason } from '../model/errors.ts';
import type { Deps } from '../ports/deps.ts';

/**
 * Who may call. `app`: an app token, or a user's access token for its app id alone (contract C9). `link`: the
 * `appToken` query parameter.
 */
export type CallerRule = 'nobody' | 'app' | 'app or user' | 'user' | 'link' | 'server' | 'superuser';
interface CallerByRule {
  nobody: Nobody;
  app: AppCaller;
  'app or user': AppCaller;
  user: UserCaller;
  link: AppCaller;
  server: ServerCaller;
  superuser: SuperUserCaller;
}

/** How a route refuses: a code of the error table, or the portal's `Fails` form with this HTTP status. */
export type Refusal = ErrorName | { fails: 400 | 403 };

export interface Input<C extends Caller, I> {
  deps: Deps;
  caller: C;
  input: I;
  request: RequestFacts;
}
/** What a route may know of the request besides its input. */
export interface RequestFacts {
  /** True for HEAD and prefetching (`Sec-Purpose`, `Purpose`) of a link: must not change anything. */
  idle: boolean;
  /** Says in the log lines and events of the request which app it is about, where no credential does. */
  tellApp(appId: string): void;
  /** The part named `file`, which an upload route always has. */
  file: ReceivedFile | undefined;
  /** Further files of an upload, by the name of their part. */
  files: Readonly<Record<string, ReceivedFile>>;
  /** What an address of bytes was asked with; undefined elsewhere. */
  bytes: ByteRequest | undefined;
}
/** A request for bytes, or with them. */
export interface ByteRequest {
  isHead: boolean;
  contentType: string;
  /** Of the body, where it is known. */
  length: number | undefined;
  contentRange: string | undefined;
  range: string | undefined;
  ifRange: string | undefined;
  /** The body as it comes; ends with an error when the client is gone, or says nothing for a minute. */
  body: AsyncIterable<Uint8Array>;
}
/** What a route of bytes was asked with; elsewhere there is nothing, which is a programmer's mistake. */
export function bytesOf({ bytes }: RequestFacts): ByteRequest {
  if (!bytes) throw new TypeError('this route is none of bytes');
  return bytes;
}
/** The file of an upload route; elsewhere there is none, which is a programmer's mistake. */
export function fileOf({ file }: RequestFacts): ReceivedFile {
  if (!file) throw new TypeError('this route takes no upload');
  return file;
}
/** A private temporary file that the frame removes after the answer. */
export interface ReceivedFile {
  path: string;
  size: number;
  /** SHA-256 in hex, where the route asks for large files. */
  sum?: string;
}
/** What an upload may bring besides the part named `file`, and how much. */
export interface UploadRule {
  /** Of all files together. */
  maxMb: 'importMaxMb' | 'moveInMaxMb';
  /** Names of further parts that are files, of which one may come. */
  also?: readonly string[];
  /** How long the body may stand still; 30 s where nothing is said. */
  stillMs?: number;
}

/** An HTML answer. */
export class PageReply {
  readonly html: string;
  readonly status: number;
  /** The only origin of its pictures; absent: any. */
  readonly picturesFrom: string | undefined;
  /** What its scripts need, in place of the policy of a page without any. */
  readonly policy: string | undefined;
  constructor(html: string, status = 200, options: { picturesFrom?: string; policy?: string } = {}) {
    this.html = html;
    this.status = status;
    this.picturesFrom = options.picturesFrom;
    this.policy = options.policy;
  }
}
/** A streamed file. */
export class DownloadReply {
  readonly stream: NodeJS.ReadableStream;
  readonly filename: string;
  readonly contentType: string;
  constructor(stream: NodeJS.ReadableStream, filename: string, contentType: string) {
    this.stream = stream;
    this.filename = filename;
    this.contentType = contentType;
  }
}
/** A text that is not JSON, or JSON that may be cached. */
export class TextReply {
  /** Bytes of a long text that many ask for: their answers share them. */
  readonly text: string | Buffer;
  readonly contentType: string;
  readonly status: number;
  readonly cacheControl: string | undefined;
  /** Names the content, with its quotes: who has it is answered 304 without a body. */
  readonly etag: string | undefined;
  /** Pages of any origin may read it, whatever the host's origins are. */
  readonly anyOrigin: boolean;
  constructor(
    text: string | Buffer,
    options: {
      contentType?: string;
      status?: number;
      cacheControl?: string;
      etag?: string;
      anyOrigin?: boolean;
    } = {},
  ) {
    this.text = text;
    this.contentType = options.contentType ?? 'text/plain; charset=utf-8';
    this.status = options.status ?? 200;
    this.cacheControl = options.cacheControl;
    this.etag = options.etag;
    this.anyOrigin = options.anyOrigin ?? false;
  }
}

/** Bytes of users, which no browser may take for anything of the host's own. */
export class FileReply {
  readonly status: 200 | 202 | 206 | 416;
  readonly stream: NodeJS.ReadableStream | undefined;
  readonly contentType: string;
  readonly cacheControl: string | undefined;
  readonly etag: string | undefined;
  /** Name, value, name, value … */
  readonly headers: readonly string[];
  constructor(
    stream: NodeJS.ReadableStream | undefined,
    answer: Pick<FileReply, 'status' | 'contentType' | 'headers'> & {
      cacheControl?: string;
      etag?: string;
    },
  ) {
    this.stream = stream;
    this.status = answer.status;
    this.contentType = answer.contentType;
    this.cacheControl = answer.cacheControl;
    this.etag = answer.etag;
    this.headers = answer.headers;
  }
}

/** JSON of this schema, or whatever else of this media type. */
export type Answer = z.ZodType | { readonly media: string };

export interface RouteDeclaration<R extends CallerRule, S extends z.ZodObject> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Contract path; `:name` parts become members of the input. */
  path: string;
  /** One sentence for the OpenAPI description. */
  summary: string;
  caller: R;
  /**
   * The only description of the input: body of a POST, query of a GET, PUT or DELETE, and path parts. Unknown
   * members are dropped. A member that is not optional must be present and not empty (`missing`), then
   * everything must match (`malformed`).
   */
  input?: S;
  /** Members that `input` does not know refuse as `malformed`, instead of being dropped. */
  strict?: boolean;
  /** The only description of the answer with HTTP 200; the tests hold every answer against it, strictly. */
  answer: Answer;
  /**
   * All that the domain refuses with, beside what `failsStatus` and `codeStatus` name; the frame's own
   * refusals need no mention. The tests hold every refusal against it.
   */
  errors?: readonly ErrorName[];
  /** The words with which the domain and the checks of `input` blame what was sent, likewise. */
  reasons?: readonly Reason[];
  refuse: { caller: Refusal; missing: Refusal; malformed: Refusal };
  /**
   * Error form of what the domain throws: `code` (default under `/api/appuser`) or `fails`; with the HTTP
   * status by error name, default 400.
   */
  form: 'code' | 'fails';
  failsStatus?: Partial<Record<ErrorName, 400 | 403>>;
  /** These errors keep the code form on a portal route, with this HTTP status. */
  codeStatus?: Partial<Record<ErrorName, 400 | 403>>;
  /** Three portal routes write `"fails"` for errors of the domain. */
  lowerCaseFails?: boolean;
  /** Adds a row to the app's log for each outcome of `respond` (contract §2.4). */
  log?: { action: string; value?: (input: z.infer<S>) => string };
  /**
   * Counts against `ADDRESS_LIMIT_PER_MINUTE`; `tenfold`: against ten times as much, with all others of that
   * kind.
   */
  limited: boolean | 'tenfold';
  /** The route takes multipart uploads instead of a body (import); `input` describes the text parts. */
  upload?: UploadRule;
  /**
   * The route takes or gives bytes as they come: no limit of size and time but that they must not stand still
   * for so long, a minute where nothing is said.
   */
  bytes?: { stillMs?: number };
  /** The contract's `resetPassword` takes an app token in the `access-token` header (C6). */
  appTokenAsAccessToken?: boolean;
  /** Answers HTML pages, also for refusals of a browser. */
  page?: boolean;
  /** Answers whatever the credentials are; none is looked at (operator §4). */
  open?: boolean;
  /**
   * One call into the domain; the answer becomes JSON unless it is a `PageReply`, `DownloadReply` or
   * `TextReply`.
   */
  respond(input: Input<CallerByRule[R], z.infer<S>>): unknown;
}

/** A declaration with its types forgotten, as the router keeps it. */
export type Route = Omit<RouteDeclaration<CallerRule, z.ZodObject>, 'respond' | 'log'> & {
  log?: { action: string; value?: (input: Record<string, unknown>) => string };
  respond(input: Input<Caller, Record<string, unknown>>): unknown;
};

type Defaults = 'form' | 'limited';
type Declared<R extends CallerRule, S extends z.ZodObject> = Omit<
  RouteDeclaration<R, S>,
  Defaults | 'refuse'
> &
  Partial<Pick<RouteDeclaration<R, S>, Defaults>> & { refuse?: Partial<RouteDeclaration<R, S>['refuse']> };

/**
 * A route of `/api/appuser`: code form, 403 when something is missing, 602 when malformed, counted per
 * address.
 */
export function userRoute<R extends CallerRule, S extends z.ZodObject>(declared: Declared<R, S>): Route {
  return {
    form: 'code',
    limited: true,
    ...declared,
    refuse: {
      caller: declared.caller === 'app' ? 'invalid_app_token' : 'missing_parameter',
      missing: 'missing_parameter',
      malformed: 'invalid_data',
      ...declared.refuse,
    },
  } as unknown as Route;
}

const FAILS = { caller: { fails: 403 }, missing: { fails: 400 }, malformed: { fails: 400 } } as const;

/** A route of `/api/app`: server secret, Fails/403 without it, Fails/400 for missing and malformed input. */
export function portalRoute<S extends z.ZodObject>(declared: Omit<Declared<'server', S>, 'caller'>): Route {
  return {
    caller: 'server',
    form: 'fails',
    limited: false,
    ...declared,
    refuse: { ...FAILS, ...declared.refuse },
  } as unknown as Route;
}

/**
 * An address outside the API, which costs little: nobody in particular asks, and no credential is looked at
 * unless `open` is false.
 */
export function openRoute<S extends z.ZodObject>(declared: Omit<Declared<'nobody', S>, 'caller'>): Route {
  return {
    caller: 'nobody',
    open: true,
    form: 'fails',
    limited: 'tenfold',
    ...declared,
    refuse: { ...FAILS, ...declared.refuse },
  } as unknown as Route;
}
