import { z } from 'zod';
import type { ErrorName, Reason } from '../../../model/errors.ts';
import {
  type DeclaredRefusals,
  declaredErrors,
  declaredReasons,
  declaredRefusals,
} from '../../declared-refusals.ts';
import { describeError } from '../../frame/refused.ts';
import type { Route } from '../../route.ts';
import { exampleOf } from './openapi-examples.ts';

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
  if ('media' in answer) return { [answer.media]: { schema: { type: 'string' } } };
  const { $schema: _, ...schema } = z.toJSONSchema(answer, { io: 'output', override: leaveOpen });
  return { 'application/json': { schema, example: exampleOf(schema, { whole: true }) } };
}

/** Members may be added to an answer; whoever reads it must let them pass. */
function leaveOpen({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

function refusalsOf(route: Route): Record<string, Json> {
  const reasons = declaredReasons(route);
  const described = [...declaredRefusals(route)].map(([status, refusals]) => {
    const shared = route.form === 'code' ? SHARED[status] : undefined;
    if (shared && !route.page) return [status, { $ref: `#/components/responses/${shared}` }];
    const described = describe(refusals, status < 429 ? reasons : NONE);
    return [status, route.page ? asPageToo(described) : described];
  });
  const late = route.page && declaredErrors(route).has('signup_expired');
  return { ...Object.fromEntries(described), ...(late && { 410: TOO_LATE }) };
}

const TOO_LATE = {
  description: 'A page: the link is too late.',
  content: { 'text/html': { schema: { type: 'string' } } },
};
const NONE: ReadonlySet<Reason> = new Set();

/** Browsers are refused with a page. */
function asPageToo(response: Json): Json {
  return {
    ...response,
    content: { ...(response.content as Json), 'text/html': { schema: { type: 'string' } } },
  };
}

/** Responses that are the same for every route of the code form. */
const SHARED: Readonly<Record<number, string>> = { 429: 'TooManyRequests', 503: 'ServiceUnavailable' };

function describe({ codes, fails }: DeclaredRefusals, reasons: ReadonlySet<Reason>): Json {
  const known = [...codes].map(describeError).sort((a, b) => a.code - b.code);
  const byCode = [...new Map(known.map(({ code, message }) => [code, message]))];
  const reason = reasons.size > 0 && { reason: { enum: [...reasons] } };
  const code = { code: { type: 'integer', enum: byCode.map(([number]) => number) } };
  const schemas = [
    ...(byCode.length > 0 ? [{ $ref: CODE, properties: { ...code, ...reason } }] : []),
    ...(fails.size > 0 ? [{ $ref: FAILS, ...(reason && { properties: reason }) }] : []),
  ];
  const texts = [...byCode.map(([code, message]) => `${code} ${message}`), ...fails];
  const about = reasons.size > 0 ? `. Reasons: ${[...reasons].join(', ')}` : '';
  const [first] = schemas;
  return {
    description: `Refused: ${texts.join('; ')}${about}.`,
    content: { 'application/json': { schema: schemas.length > 1 ? { anyOf: schemas } : first } },
  };
}

/** What any route may answer. */
export function commonAnswers(): Json {
  const only = (error: ErrorName) => describe({ codes: new Set([error]), fails: new Set() }, NONE);
  return { TooManyRequests: only('too_many_requests'), ServiceUnavailable: only('service_unavailable') };
}

const CODE = '#/components/schemas/Code';
const FAILS = '#/components/schemas/Fails';
