import { z } from 'zod';
import { VERSION } from '../../../config/version.ts';
import { REASONS } from '../../../model/errors.ts';
import { describeError } from '../../frame/refused.ts';
import { openRoute, type Refusal, type Route, TextReply } from '../../route.ts';

type Json = Record<string, unknown>;

/** `GET /openapi.json`: the description of `routes`, made once from their declarations. */
export function openApiRoute(routes: readonly Route[]): Route {
  let text: string | undefined;
  return openRoute({
    method: 'GET',
    path: '/openapi.json',
    summary: 'OpenAPI 3.1 description of every route.',
    answer: z.looseObject({ openapi: z.string() }),
    respond: () => {
      text ??= JSON.stringify(describeRoutes(routes));
      return new TextReply(text, { contentType: 'application/json; charset=utf-8' });
    },
  });
}

/** An OpenAPI 3.1 document; input schemas come from the declarations (zod to JSON Schema 2020-12). */
function describeRoutes(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    const operations = paths[path];
    // A page beside a JSON route of the same method is described by the JSON route.
    operations[route.method.toLowerCase()] ??= describeRoute(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'CoSync Auth host', version: VERSION },
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: SCHEMAS },
  };
}

const SECURITY_SCHEMES = {
  serverSecret: { type: 'apiKey', in: 'header', name: 'server-secret' },
  appToken: { type: 'apiKey', in: 'header', name: 'app-token' },
  accessToken: { type: 'apiKey', in: 'header', name: 'access-token' },
  linkToken: { type: 'apiKey', in: 'query', name: 'appToken' },
};
const SECURITY: Record<Route['caller'], Json[]> = {
  nobody: [],
  app: [{ appToken: [] }, { accessToken: [] }],
  'app or user': [{ appToken: [] }, { accessToken: [] }],
  user: [{ accessToken: [] }],
  link: [{ linkToken: [] }],
  server: [{ serverSecret: [] }],
  superuser: [{ accessToken: [] }],
};
const TEXT = { type: 'string' };
/** What a refusal says beside its old members where what was sent is to blame. */
const BECAUSE = {
  reason: { enum: [...REASONS] },
  field: TEXT,
  path: TEXT,
  wanted: TEXT,
  unmet: { type: 'array', items: TEXT },
  current: {},
};
const SCHEMAS = {
  Code: {
    type: 'object',
    required: ['code', 'message'],
    properties: { code: { type: 'integer' }, message: TEXT, ...BECAUSE },
  },
  Fails: {
    type: 'object',
    required: ['status', 'message'],
    properties: { status: { enum: ['Fails', 'fails'] }, message: TEXT, ...BECAUSE },
  },
};

function describeRoute(route: Route): Json {
  const parts = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
  const { properties, required } = inputSchema(route);
  const inQuery = route.method === 'POST' ? [] : Object.keys(properties);
  const parameters = [
    ...parts.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? TEXT })),
    ...inQuery
      .filter((name) => !parts.includes(name))
      .map((name) => ({ name, in: 'query', required: required.includes(name), schema: properties[name] })),
  ];
  return {
    operationId: operationId(route),
    summary: route.summary,
    security: SECURITY[route.caller],
    ...(parameters.length > 0 && { parameters }),
    ...(route.method === 'POST' && { requestBody: requestBody(route, { properties, required }) }),
    responses: responses(route),
  };
}

function operationId(route: Route): string {
  return route.method.toLowerCase() + route.path.replaceAll(/[^\w]+(\w?)/g, (_, next) => next.toUpperCase());
}

function inputSchema(route: Route): { properties: Record<string, unknown>; required: string[] } {
  if (!route.input) return { properties: {}, required: [] };
  const schema = z.toJSONSchema(route.input, { io: 'input', unrepresentable: 'any' });
  return { properties: { ...schema.properties }, required: schema.required ?? [] };
}

function answerContent({ answer }: Route): Json {
  if (answer === undefined) return { 'application/json': {} };
  if ('media' in answer) return { [answer.media]: { schema: TEXT } };
  const { $schema: _, ...schema } = z.toJSONSchema(answer, { io: 'output', override: leaveOpen });
  return { 'application/json': { schema } };
}

/** Members may be added to an answer; whoever reads it must let them pass. */
function leaveOpen({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

function requestBody(route: Route, members: { properties: Json; required: string[] }): Json {
  const schema = { type: 'object', ...members };
  const types = route.upload
    ? ['multipart/form-data']
    : ['application/json', 'application/x-www-form-urlencoded'];
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])) };
}

function responses(route: Route): Json {
  const answers: Record<string, Json> = {
    200: { description: 'done', content: answerContent(route) },
  };
  for (const refusal of [route.refuse.caller, route.refuse.missing, route.refuse.malformed]) {
    answers[statusOf(refusal)] ??= refusalResponse(refusal);
  }
  answers[route.form === 'code' ? 400 : 500] ??= refusalResponse(
    route.form === 'code' ? 'internal' : { fails: 400 },
  );
  return answers;
}

function statusOf(refusal: Refusal): number {
  return typeof refusal === 'object' ? refusal.fails : describeError(refusal).status;
}

function refusalResponse(refusal: Refusal): Json {
  const name = typeof refusal === 'object' ? 'Fails' : 'Code';
  return {
    description: 'refused',
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  };
}
