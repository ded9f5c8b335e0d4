import { z } from 'zod';
import { VERSION } from '../../../config/version.ts';
import { REASONS } from '../../../model/errors.ts';
import { OPERATOR_HEADER } from '../../frame/operator.ts';
import { type TypedMember, typedMembers } from '../../frame/typed-text.ts';
import { openRoute, type Route, TextReply } from '../../route.ts';
import { commonAnswers, describeAnswers } from './openapi-answers.ts';
import { exampleOf } from './openapi-examples.ts';

type Json = Record<string, unknown>;

/** `GET /openapi.json`: the description of `routes`, made once from their declarations. */
export function openApiRoute(routes: readonly Route[]): Route {
  let text: Buffer | undefined;
  return openRoute({
    method: 'GET',
    path: '/openapi.json',
    summary: 'OpenAPI 3.1 description of every route.',
    answer: z.looseObject({ openapi: z.string() }),
    errors: [],
    respond: ({ deps }) => {
      text ??= Buffer.from(JSON.stringify(describeRoutes(routes, deps.config.apiUrl)));
      return new TextReply(text, { contentType: 'application/json; charset=utf-8' });
    },
  });
}

/** An OpenAPI 3.1 document; input schemas come from the declarations (zod to JSON Schema 2020-12). */
function describeRoutes(routes: readonly Route[], apiUrl: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    const operations = paths[path];
    const method = route.method.toLowerCase();
    const beside = operations[method] as Json | undefined;
    operations[method] = beside ? withPage(beside, route) : describeRoute(route);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'CoSync Auth host', version: VERSION },
    servers: [{ url: apiUrl }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: SCHEMAS, responses: commonAnswers() },
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
/** Who may call, in words. */
const CALLERS: Record<Route['caller'], string> = {
  nobody: 'For anybody.',
  app: 'For an app: its app token, or an access token of one of its users.',
  'app or user': 'For an app: its app token, or an access token of one of its users.',
  user: 'For a user who is logged in: an access token.',
  link: 'For whoever opens a link that the host sent.',
  server: 'For the portal: the server secret.',
  superuser: 'For the back end of an app: a super-user token.',
};
const TAGS = {
  client: 'What clients call.',
  portal: 'What the portal calls.',
  host: 'What is outside the API.',
};

function tagOf({ caller }: Route): keyof typeof TAGS {
  if (caller === 'server') return 'portal';
  return caller === 'nobody' ? 'host' : 'client';
}

const TEXT = { type: 'string' };
/** What a refusal says beside its old members where what was sent is to blame. */
const BECAUSE = {
  reason: { enum: [...REASONS] },
  field: TEXT,
  path: TEXT,
  wanted: TEXT,
  unmet: { type: 'array', items: TEXT },
  current: {},
  retryAfter: { type: 'integer' },
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

/** What every portal route takes beside its input (additions §4). */
const OPERATOR = {
  name: OPERATOR_HEADER,
  in: 'header',
  required: false,
  description: 'Who acts through the portal, percent-encoded UTF-8; stands in the log of the app as `by`.',
  schema: TEXT,
};

const BYTES = { content: { '*/*': { schema: { type: 'string', format: 'binary' } } } };

function describeRoute(route: Route): Json {
  const parts = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? '');
  const { properties, required } = inputSchema(route);
  const inQuery = route.method === 'POST' ? [] : Object.keys(properties);
  const parameters = [
    ...(route.caller === 'server' ? [OPERATOR] : []),
    ...parts.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? TEXT })),
    ...inQuery
      .filter((name) => !parts.includes(name))
      .map((name) => ({ name, in: 'query', required: required.includes(name), schema: properties[name] })),
  ];
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary: route.summary,
    description: CALLERS[route.caller],
    security: SECURITY[route.caller],
    ...(parameters.length > 0 && { parameters }),
    ...(route.method === 'POST' && { requestBody: requestBody(route, { properties, required }) }),
    ...(route.method === 'PUT' && { requestBody: BYTES }),
    responses: describeAnswers(route),
  };
}

/**
 * A page stands beside the JSON route of the same method and path: who brings the token of a link in the
 * query gets it.
 */
function withPage(operation: Json, page: Route): Json {
  const described = describeRoute(page);
  const token = { name: 'appToken', in: 'query', required: false, description: page.summary, schema: TEXT };
  const responses = { ...(operation.responses as Record<string, Json>) };
  for (const [status, response] of Object.entries(described.responses as Record<string, Json>)) {
    const known = responses[status];
    const content = { ...(known?.content as Json), ...(response.content as Json) };
    responses[status] = known ? (known.$ref ? known : { ...known, content }) : response;
  }
  return {
    ...operation,
    description: `${operation.description} With the query parameter \`appToken\` it is a page: ${page.summary}`,
    security: [...(operation.security as Json[]), ...SECURITY[page.caller]],
    parameters: [...((operation.parameters as Json[] | undefined) ?? []), token],
    responses,
  };
}

function operationId(route: Route): string {
  return route.method.toLowerCase() + route.path.replaceAll(/[^\w]+(\w?)/g, (_, next) => next.toUpperCase());
}

type Properties = NonNullable<z.core.JSONSchema.BaseSchema['properties']>;
interface InputSchema {
  properties: Json;
  required: string[];
}

function inputSchema(route: Route): InputSchema {
  if (!route.input) return { properties: {}, required: [] };
  const schema = z.toJSONSchema(route.input, { io: 'input', unrepresentable: 'any' });
  return { properties: { ...schema.properties }, required: schema.required ?? [] };
}

function requestBody(route: Route, { properties, required }: InputSchema): Json {
  const typed = typedMembers(route.input?.shape ?? {});
  const isEither = (name: string) => typed.some(({ hashed }) => hashed === name);
  // A password comes as MD5 or as typed.
  const either = required.filter(isEither).map((name) => ({
    anyOf: [name, ...typed.filter(({ hashed }) => hashed === name).map((text) => text.name)].map((one) => ({
      required: [one],
    })),
  }));
  const schema = {
    type: 'object',
    properties,
    required: required.filter((name) => !isEither(name)),
    ...(either.length > 0 && { allOf: either }),
  };
  const types = route.upload
    ? ['multipart/form-data']
    : ['application/json', 'application/x-www-form-urlencoded'];
  const left = new Set(typed.map(({ hashed }) => hashed));
  // Of a password that may come either way the text is shown.
  const shown = [...required.filter((name) => !left.has(name)), ...firstTexts(typed, required)];
  const example = exampleOf({ type: 'object', properties: properties as Properties, required: shown });
  return { content: Object.fromEntries(types.map((type) => [type, { schema, example }])) };
}

/** Of each required password the first member that brings it as typed. */
function firstTexts(typed: readonly TypedMember[], required: readonly string[]): string[] {
  return required.flatMap((name) => typed.find(({ hashed }) => hashed === name)?.name ?? []);
}
