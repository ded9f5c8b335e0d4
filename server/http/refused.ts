import { type ErrorName, HostError } from '../model/errors.ts';
import type { Refusal } from './route.ts';

/** A refusal by the frame, whose form is settled: `code` members under any path, or the portal's `Fails`. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;
  /** HTTP status where it is not the usual one of `refusal`. */
  readonly status: number | undefined;
  constructor(refusal: Refusal, status?: number) {
    super('refused');
    this.refusal = refusal;
    this.status = status;
  }
}

/** A body in code form, a new one each time: exactly two members (contract §8 S6). */
export function codeBody(error: { code: number; message: string }): string {
  return JSON.stringify({ code: error.code, message: error.message });
}

/** A body in the portal's form. */
export function failsBody(message: string, lowerCase = false): string {
  return JSON.stringify({ status: lowerCase ? 'fails' : 'Fails', message });
}

/** Number and text of an error by name. */
export function describeError(name: ErrorName): { code: number; message: string; status: number } {
  const { code, message, status } = new HostError(name);
  return { code, message, status };
}
