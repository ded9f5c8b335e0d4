interface Entry {
  code: number;
  message: string;
  detail?: string;
  status?: number;
}

/** Every body with this code says exactly this. */
const INVALID_DATA = { code: 602, message: 'invalid data' } as const;

/**
 * Every refusal the host answers with. Number and text are protocol constants (contract §2.3), misspellings
 * included; the name is ours. `status` is the HTTP status where it is not 400; `detail` stands in for the
 * message in the portal's `Fails` form.
 */
const CATALOGUE = {
  invalid_app_token: { code: 400, message: 'invalid app token' },
  app_gone: { code: 401, message: 'app no longer exist' },
  app_suspended: { code: 402, message: 'app is suspended' },
  missing_parameter: { code: 403, message: 'missing parameter' },
  user_suspended: { code: 404, message: 'user account is suspended' },
  invalid_access_token: { code: 405, message: 'invalid access token' },
  invitation_disabled: { code: 406, message: 'app does not support invitaion' },
  signup_disabled: { code: 407, message: 'app does not support signup' },
  totp_unsupported: { code: 408, message: 'app does not support google two-factor verification' },
  phone_factor_unsupported: { code: 409, message: 'app does not support phone two-factor verification' },
  phone_unverified: { code: 410, message: 'user does not have verified phone number' },
  signup_expired: { code: 411, message: 'signup code expired.' },
  phone_taken: { code: 412, message: 'phone number already in use' },
  app_migrated: { code: 413, message: 'app is migrated' },
  anonymous_disabled: { code: 414, message: 'app does not support anonymous login' },
  apple_unsupported: { code: 415, message: 'app does not support Apple Authentication' },
  google_unsupported: { code: 416, message: 'app does not support Google Authentication' },
  internal: { code: 500, message: 'internal server error' },
  invalid_credentials: { code: 600, message: 'invalid login credentials' },
  handle_taken: { code: 601, message: 'handle already registered' },
  invalid_data: INVALID_DATA,
  account_unknown: { code: 603, message: 'account does not exist' },
  invalid_metadata: { code: 604, message: 'invalid metadata' },
  user_name_taken: { code: 605, message: 'user name already assigned' },
  user_names_disabled: { code: 606, message: 'app does not support username login' },
  signup_pending: { code: 608, message: 'account has not been verified' },
  email_account_exists: { code: 610, message: 'email account already exist' },
  apple_account_exists: { code: 611, message: 'Apple account already exist' },
  google_account_exists: { code: 612, message: 'Google account already exist' },
  invalid_identity_token: { code: 613, message: 'token is invalid' },
  not_found: { ...INVALID_DATA, detail: 'not found', status: 404 },
  method_not_allowed: { ...INVALID_DATA, detail: 'method not allowed', status: 405 },
  malformed_request: { ...INVALID_DATA, detail: 'malformed request' },
  body_too_large: { ...INVALID_DATA, detail: 'request body too large', status: 413 },
  unsupported_media_type: { ...INVALID_DATA, detail: 'unsupported content type', status: 415 },
  too_many_requests: { code: 429, message: 'too many requests', status: 429 },
  service_unavailable: { code: 503, message: 'service unavailable', status: 503 },
  // Portal only: the route says with which HTTP status.
  refused: { ...INVALID_DATA, detail: 'Invalid Data' },
  app_name_taken: { ...INVALID_DATA, detail: 'app name already in use' },
  user_unknown: { ...INVALID_DATA, detail: 'user not found' },
  job_unknown: { ...INVALID_DATA, detail: 'job not found' },
  signup_unknown: { ...INVALID_DATA, detail: 'signup not found' },
  invite_unknown: { ...INVALID_DATA, detail: 'invite not found' },
  template_unknown: { ...INVALID_DATA, detail: 'template not found' },
  users_full: { code: 407, message: 'the app has as many users as it may have' },
  message_refused: { code: 500, message: 'the message could not be sent' },
} as const satisfies Record<string, Entry>;

export type ErrorName = keyof typeof CATALOGUE;

/**
 * Words for what is wrong with what the caller sent. A refusal because of an account, a code or an invitation
 * has none.
 */
export const REASONS = [
  'missing',
  'wrong_type',
  'too_long',
  'not_json',
  'unknown_value',
  'not_md5',
  'common_password',
  'password_rules',
  'invalid_handle',
  'invalid_phone',
  'invalid_user_name',
  'unknown_locale',
  'metadata_missing',
  'metadata_reserved',
  'metadata_too_large',
  'not_editable',
  'no_credential',
  'wrong_credential',
  'stale',
  'fixed_handle',
  'taken',
  'account_waits',
  'code_limited',
  'storage_off',
  'type_not_allowed',
  'too_large',
  'quota_exceeded',
  'not_uploaded',
  'unknown_asset',
] as const;
export type Reason = (typeof REASONS)[number];

/** What a refusal says beside code and message: members of the body, each as it stands here. */
export interface Because {
  readonly reason: Reason;
  /** The parameter to blame, by the name it was sent under. */
  readonly field?: string;
  /** Of `metadata_…`: the path of the field. */
  readonly path?: string;
  /** Of `password_rules`: what the password lacks. */
  readonly unmet?: readonly string[];
  /** Of `no_credential` and `wrong_credential`: the header that is wanted. */
  readonly wanted?: string;
  /** Of `account_waits` and `code_limited`: whole seconds. */
  readonly retryAfter?: number;
  /** Of `stale`: the row as it is. */
  readonly current?: unknown;
}

/**
 * A refusal by name. `because` is public in both forms: it blames what was sent and tells nothing about an
 * account. `detail` is public and replaces the message in the portal's form only; `cause` is for the log and
 * never leaves the process. `retryAfterSeconds` goes with 429 and 503.
 */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly error: ErrorName;
  readonly code: number;
  readonly status: number;
  readonly because: Because | undefined;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    error: ErrorName,
    options: { because?: Because; detail?: string; cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    const entry: Entry = CATALOGUE[error];
    super(entry.message, { cause: options.cause });
    this.error = error;
    this.code = entry.code;
    this.status = entry.status ?? 400;
    this.because = options.because;
    this.detail = options.detail ?? entry.detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The portal's refusal with a sentence, which the portal shows. */
export function refused(detail: string, because?: Because): HostError {
  return new HostError('refused', { detail, ...(because && { because }) });
}

/** Whether a thrown value is the refusal of that name. */
export function isHostError(thrown: unknown, error: ErrorName): boolean {
  return thrown instanceof HostError && thrown.error === error;
}
