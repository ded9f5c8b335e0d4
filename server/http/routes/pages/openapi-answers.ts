import { z } from 'zod';
import type { ErrorName, Reason } from '../../../model/errors.ts';
import { describeError } from '../../frame/refused.ts';
import type { CallerRule, Refusal, Route } from '../../route.ts';

type Json = Record<string, unknown>;

/** The OpenAPI responses of a route: its answer, then its refusals by HTTP status. */
export function describeAnswers(route: Route): Record<string, Json> {
  return { ...answerOf(route), ...refusalsOf(route) };
}

function answerOf({ answer }: Route): Record<string, Json> {
  // A retired route answers nothing but refusals.
  if (answer instanceof z.ZodNever) return {};
  return { 200: { description: 'done', content: contentOf(answer) } };
}

function contentOf(answer: Route['answer']): Json {
  if (answer === undefined) return { 'application/json': {} };
  if ('media' in answer) return { [answer.media]: { schema: { type: 'string' } } };
  const { $schema: _, ...schema } = z.toJSONSchema(answer, { io: 'output', override: leaveOpen });
  return { 'application/json': { schema } };
}

/** Members may be added to an answer; whoever reads it must let them pass. */
function leaveOpen({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

/** What a credential is refused with that does not verify. */
const BAD_CREDENTIAL: Record<CallerRule, readonly ErrorName[]> = {
  nobody: [],
  app: ['invalid_app_token', 'invalid_access_token', 'app_gone'],
  'app or user': ['invalid_app_token', 'invalid_access_token', 'app_gone'],
  user: ['invalid_access_token', 'app_gone'],
  link: ['invalid_app_token', 'app_gone'],
  server: ['internal'],
  superuser: ['invalid_access_token', 'app_gone'],
};

/** Refusals of one HTTP status: codes of the code form, and whether the portal's form is among them. */
interface Refusals {
  errors: Set<ErrorName>;
  fails: boolean;
}

function refusalsOf(route: Route): Record<string, Json> {
  const byStatus = new Map<number, Refusals>();
  const at = (status: number): Refusals => {
    const known = byStatus.get(status) ?? { errors: new Set(), fails: false };
    byStatus.set(status, known);
    return known;
  };
  const add = (refusal: Refusal) => {
    if (typeof refusal === 'object') at(refusal.fails).fails = true;
    else at(describeError(refusal).status).errors.add(refusal);
  };
  const { caller, missing, malformed } = route.refuse;
  if (route.caller !== 'nobody') add(caller);
  if (route.input) for (const refusal of [missing, malformed]) add(refusal);
  for (const error of BAD_CREDENTIAL[route.caller]) add(error);
  if (route.form === 'code') for (const error of route.errors ?? []) add(error);
  else for (const status of [400, ...Object.values(route.failsStatus ?? {})] as const) add({ fails: status });
  for (const [error, status] of Object.entries(route.codeStatus ?? {})) {
    at(status).errors.add(error as ErrorName);
  }
  if (route.form === 'code') add('internal');
  const reasons = reasonsOf(route);
  return {
    ...Object.fromEntries([...byStatus].map(([status, refusals]) => [status, describe(refusals, reasons)])),
    ...(route.limited && { 429: { $ref: '#/components/responses/TooManyRequests' } }),
    503: { $ref: '#/components/responses/ServiceUnavailable' },
  };
}

/** The words with which the frame blames a request; the domain has more for some members. */
function reasonsOf({ caller, input, method }: Route): readonly Reason[] {
  return [
    ...(caller === 'nobody' ? [] : (['no_credential', 'wrong_credential'] as const)),
    ...(input ? (['missing', 'wrong_type', 'too_long', 'unknown_value'] as const) : []),
    ...(input && method === 'POST' ? (['not_json'] as const) : []),
  ];
}

function describe({ errors, fails }: Refusals, reasons: readonly Reason[]): Json {
  const known = [...errors].map(describeError).sort((a, b) => a.code - b.code);
  const codes = [...new Map(known.map(({ code, message }) => [code, message]))];
  const schemas = [
    ...(codes.length > 0
      ? [{ $ref: CODE, properties: { code: { type: 'integer', enum: codes.map(([code]) => code) } } }]
      : []),
    ...(fails ? [{ $ref: FAILS }] : []),
  ];
  const texts = [
    ...codes.map(([code, message]) => `${code} ${message}`),
    ...(fails ? ['a sentence that says why'] : []),
  ];
  const about = reasons.length > 0 ? `. Reasons: ${reasons.join(', ')}` : '';
  const [first] = schemas;
  return {
    description: `Refused: ${texts.join('; ')}${about}.`,
    content: { 'application/json': { schema: schemas.length > 1 ? { anyOf: schemas } : first } },
  };
}

/** What any route may answer. */
export function commonAnswers(): Json {
  const only = (error: ErrorName) => describe({ errors: new Set([error]), fails: false }, []);
  return { TooManyRequests: only('too_many_requests'), ServiceUnavailable: only('service_unavailable') };
}

const CODE = '#/components/schemas/Code';
const FAILS = '#/components/schemas/Fails';
