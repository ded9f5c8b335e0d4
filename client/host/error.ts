/**
 * What became of a call: `refused` by the host with a sentence · `secret_refused`: the server secret is not
 * this host's · `unreachable` · `timeout` · `aborted` by the caller · `bad_response`: something else answers
 * at this address.
 */
export type HostClientErrorKind =
  | 'refused'
  | 'secret_refused'
  | 'unreachable'
  | 'timeout'
  | 'aborted'
  | 'bad_response';

interface Told {
  cause?: unknown;
  status?: number;
  code?: number;
  reason?: string;
  field?: string;
  path?: string;
  unmet?: string[];
  current?: unknown;
  retryAfter?: number;
  requestId?: string;
}

/** Why a call gave no answer. `message` is a sentence for people. */
export class HostClientError extends Error {
  override readonly name = 'HostClientError';
  readonly kind: HostClientErrorKind;
  /** HTTP status, where an answer came. */
  readonly status: number | undefined;
  /** Number of the contract's error table, where the refusal has one. */
  readonly code: number | undefined;
  /** Stable word for what was wrong with the request, and the member to blame. */
  readonly reason: string | undefined;
  readonly field: string | undefined;
  /** Metadata path to blame. */
  readonly path: string | undefined;
  /** Password rules that are not met. */
  readonly unmet: readonly string[] | undefined;
  /** With reason `stale`: the row as it is now. */
  readonly current: unknown;
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number | undefined;
  /** Names the request in the host's log. */
  readonly requestId: string | undefined;
  constructor(kind: HostClientErrorKind, message: string, told: Told = {}) {
    super(message, { cause: told.cause });
    this.kind = kind;
    this.status = told.status;
    this.code = told.code;
    this.reason = told.reason;
    this.field = told.field;
    this.path = told.path;
    this.unmet = told.unmet;
    this.current = told.current;
    this.retryAfter = told.retryAfter;
    this.requestId = told.requestId;
  }
}

/** What an answer other than 200 means. Reads the body. */
export async function refusalOf(response: Response): Promise<HostClientError> {
  const { status, headers } = response;
  const requestId = headers.get('x-request-id') ?? undefined;
  const body = await bodyOf(response);
  if (typeof body.message !== 'string') {
    return new HostClientError('bad_response', `the answer is HTTP ${status} without a reason`, {
      status,
      requestId,
    });
  }
  const kind = isSecretRefused(status, body) ? 'secret_refused' : 'refused';
  const seconds = Number(headers.get('retry-after'));
  const retryAfter = seconds > 0 ? seconds : undefined;
  return new HostClientError(kind, body.message, { retryAfter, ...body, status, requestId });
}

type RefusalBody = Omit<Told, 'cause' | 'status' | 'requestId'> & { message?: unknown };

async function bodyOf(response: Response): Promise<RefusalBody> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? (body as RefusalBody) : {};
  } catch {
    return {};
  }
}

/** What the contract answers a credential that does not verify: code 500, with HTTP 400. */
const NO_TOKEN_CODE = 500;

function isSecretRefused(status: number, { code, reason }: RefusalBody): boolean {
  if (reason === 'no_credential' || reason === 'wrong_credential') return true;
  return status === 400 && code === NO_TOKEN_CODE;
}
