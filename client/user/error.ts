/** Codes of the host, by their number on the wire. */
const BY_NUMBER = {
  400: 'invalid_app_token',
  401: 'app_gone',
  402: 'app_suspended',
  403: 'missing_parameter',
  404: 'user_suspended',
  405: 'session_ended',
  406: 'invitations_off',
  407: 'signup_off',
  408: 'authenticator_off',
  409: 'sms_off',
  410: 'no_verified_phone',
  411: 'code_expired',
  412: 'phone_taken',
  413: 'app_migrated',
  414: 'anonymous_off',
  415: 'apple_off',
  416: 'google_off',
  429: 'too_many_requests',
  500: 'server_error',
  503: 'unavailable',
  600: 'wrong_credentials',
  601: 'handle_taken',
  602: 'invalid_data',
  603: 'unknown_account',
  604: 'invalid_metadata',
  605: 'user_name_taken',
  606: 'user_names_off',
  608: 'not_verified',
  610: 'password_account_exists',
  611: 'apple_account_exists',
  612: 'google_account_exists',
  613: 'invalid_identity_token',
} as const;

/**
 * What went wrong, in one word. Beside the host's own codes: `wrong_code` of a `finish` · `network`,
 * `timeout`, `aborted`: no answer came · `bad_response`: something else answers at this address.
 */
export type ErrorCode =
  | (typeof BY_NUMBER)[keyof typeof BY_NUMBER]
  | 'wrong_code'
  | 'network'
  | 'timeout'
  | 'aborted'
  | 'bad_response';

/** A stable word for what was wrong with a request. */
export type ErrorReason =
  | 'missing'
  | 'wrong_type'
  | 'too_long'
  | 'not_json'
  | 'unknown_value'
  | 'not_md5'
  | 'common_password'
  | 'password_rules'
  | 'invalid_handle'
  | 'invalid_phone'
  | 'invalid_user_name'
  | 'unknown_locale'
  | 'metadata_missing'
  | 'metadata_reserved'
  | 'metadata_too_large'
  | 'not_editable'
  | 'no_credential'
  | 'wrong_credential'
  | 'fixed_handle'
  | 'account_waits'
  | 'code_limited'
  | 'storage_off'
  | 'type_not_allowed'
  | 'too_large'
  | 'quota_exceeded'
  | 'not_uploaded'
  | 'unknown_asset';

/** A rule for passwords that a password does not keep. */
export type PasswordRule = 'length' | 'upper' | 'lower' | 'digit' | 'special';

export interface Told {
  wire?: number | undefined;
  reason?: ErrorReason | undefined;
  field?: string | undefined;
  path?: string | undefined;
  unmet?: readonly PasswordRule[] | undefined;
  retryAfter?: number | undefined;
  requestId?: string | undefined;
  cause?: unknown;
}

/** Why a call did not do what it was asked. `message` is for developers, `code` for programs. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
  readonly code: ErrorCode;
  /** Number of the contract's error table. */
  readonly wire: number | undefined;
  readonly reason: ErrorReason | undefined;
  /** The member that is to blame. */
  readonly field: string | undefined;
  /** The metadata path that is to blame. */
  readonly path: string | undefined;
  readonly unmet: readonly PasswordRule[] | undefined;
  /** Seconds after which another try makes sense. */
  readonly retryAfter: number | undefined;
  /** Names the request in the host's log. */
  readonly requestId: string | undefined;
  constructor(code: ErrorCode, message: string, told: Told = {}) {
    super(message, { cause: told.cause });
    this.code = code;
    this.wire = told.wire;
    this.reason = told.reason;
    this.field = told.field;
    this.path = told.path;
    this.unmet = told.unmet;
    this.retryAfter = told.retryAfter;
    this.requestId = told.requestId;
  }
}

/** What an answer other than 200 means. */
export function refusal(status: number, headers: Headers, body: unknown): AuthError {
  const { code, message, ...told } = (body ?? {}) as Told & { code?: number; message?: string };
  // Without a number: too many requests, or a host that is not ready; 404 there is a host without the route.
  const wire = code ?? (status > 404 ? status : 0);
  const word = BY_NUMBER[wire as keyof typeof BY_NUMBER];
  const requestId = headers.get('x-request-id') ?? undefined;
  if (!word || typeof message !== 'string') {
    // A proxy whose host is away.
    if (status > 501 && status < 505) return new AuthError('unavailable', `HTTP ${status}`, { requestId });
    return new AuthError('bad_response', `HTTP ${status} from something that is no host`, { requestId });
  }
  const retryAfter = Number(headers.get('retry-after')) || undefined;
  return new AuthError(word, message, { retryAfter, ...told, wire, requestId });
}

/** The same error under another word. */
export function renamed(error: AuthError, code: ErrorCode): AuthError {
  return new AuthError(code, error.message, error);
}
