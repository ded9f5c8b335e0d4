import type { ErrorName, Reason } from '../model/errors.ts';
import { describeError } from './frame/refused.ts';
import type { Refusal, Route } from './route.ts';

/** What a route refuses with under one HTTP status. */
export interface DeclaredRefusals {
  /** In code form. */
  readonly codes: Set<ErrorName>;
  /** In the portal's form, the messages that are always the same. */
  readonly fails: Set<string>;
}

/** What the frame says in the portal's form. */
const FRAME_MESSAGE = 'Invalid Data';

/**
 * Everything a route may refuse with, by HTTP status: what the frame finds wrong, then what the route
 * declares of its domain.
 */
export function declaredRefusals(route: Route): Map<number, DeclaredRefusals> {
  const byStatus = new Map<number, DeclaredRefusals>();
  const at = (status: number): DeclaredRefusals => {
    const known = byStatus.get(status) ?? { codes: new Set(), fails: new Set() };
    byStatus.set(status, known);
    return known;
  };
  const byFrame = (refusal: Refusal) => {
    if (typeof refusal === 'object') at(refusal.fails).fails.add(FRAME_MESSAGE);
    else at(describeError(refusal).status).codes.add(refusal);
  };
  const byDomain = (error: ErrorName) => {
    const { status, message, detail } = describeError(error);
    const inCodes = route.form === 'code' || route.codeStatus?.[error] !== undefined;
    if (inCodes) at(route.codeStatus?.[error] ?? status).codes.add(error);
    else at(route.failsStatus?.[error] ?? status).fails.add(detail ?? message);
  };
  const { caller, missing, malformed } = route.refuse;
  if (route.caller !== 'nobody') byFrame(caller);
  for (const error of credentialErrors(route)) at(400).codes.add(error);
  if (route.input) for (const refusal of [missing, malformed]) byFrame(refusal);
  if (route.method === 'POST') {
    byDomain('body_too_large');
    if (route.upload) byDomain('refused');
    else for (const error of ['malformed_request', 'unsupported_media_type'] as const) byDomain(error);
  }
  for (const error of declaredErrors(route)) byDomain(error);
  if (route.form === 'code') at(400).codes.add('internal');
  else at(500).fails.add(describeError('internal').message);
  if (route.limited || route.caller === 'server') byDomain('too_many_requests');
  byDomain('service_unavailable');
  return byStatus;
}

/**
 * What a token is refused with that does not verify, in whichever header it came, or whose app or user is
 * gone: in code form on every route.
 */
export function credentialErrors({ caller, open }: Route): readonly ErrorName[] {
  if (open) return [];
  const unverified = ['invalid_app_token', 'invalid_access_token', 'internal'] as const;
  return caller === 'nobody' || caller === 'server' ? unverified : [...unverified, 'app_gone'];
}

/** What the domain refuses a route with. */
export function declaredErrors({ errors = [], failsStatus, codeStatus }: Route): Set<ErrorName> {
  const named = [...Object.keys(failsStatus ?? {}), ...Object.keys(codeStatus ?? {})];
  return new Set([...errors, ...(named as ErrorName[])]);
}

/** The words with which a route may blame a request: those of the frame, then those of its domain. */
export function declaredReasons({ input, method, open, reasons = [] }: Route): Set<Reason> {
  return new Set<Reason>([
    ...(open ? [] : (['no_credential', 'wrong_credential'] as const)),
    ...(input ? (['missing', 'wrong_type', 'too_long', 'unknown_value'] as const) : []),
    ...(method === 'POST' ? (['not_json', 'too_long'] as const) : []),
    ...reasons,
  ]);
}
