import { type Because, type ErrorName, HostError } from '../../model/errors.ts';
import type { Refusal } from '../route.ts';

/** A refusal by the frame, whose form is settled: `code` members under any path, or the portal's `Fails`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;
  /** HTTP status where it is not the usual one of `refusal`. */
  readonly status: number | undefined;
  readonly because: Because | undefined;
  constructor(refusal: Refusal, options: { status?: number; because?: Because | undefined } = {}) {
    super('refused');
    this.refusal = refusal;
    this.status = options.status;
    this.because = options.because;
  }
}

/**
 * A body in code form, a new one each time: its two members (contract §8 S6), then what was wrong with the
 * request, then the seconds after which it is worth another try.
 */
export function codeBody(
  { code, message, because }: { code: number; message: string; because?: Because | undefined },
  retryAfter?: number,
): string {
  return JSON.stringify({ code, message, ...because, ...(retryAfter !== undefined && { retryAfter }) });
}

/** A body in the portal's form. */
export function failsBody(
  message: string,
  options: {
    lowerCase?: boolean | undefined;
    because?: Because | undefined;
    retryAfter?: number | undefined;
  } = {},
): string {
  const { lowerCase = false, because, retryAfter } = options;
  const status = lowerCase ? 'fails' : 'Fails';
  return JSON.stringify({ status, message, ...because, ...(retryAfter !== undefined && { retryAfter }) });
}

/** Number and texts of an error by name. */
export function describeError(name: ErrorName): Pick<HostError, 'code' | 'message' | 'detail' | 'status'> {
  const { code, message, detail, status } = new HostError(name);
  return { code, message, detail, status };
}
