import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';
import { PROBLEMS, type ProblemCode } from './problem.ts';
import { FORM_TYPE } from './media.ts';
import { mediaTypesOf, type Route } from './route.ts';
import { ROUTES } from './routes.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document, made from the route table: it cannot say anything that is not served. */
export function openApi(origin: string): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(ROUTES) as [string, Route][]) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(name, route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Shoal',
      version: '1',
      description: 'One image model, trained in a crowd of browser tabs, answered at the edge.',
    },
    servers: [{ url: origin }],
    paths,
    components: {
      securitySchemes: {
        app: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of an app, or of an admin, that has the named verb.',
        },
        admin: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of an admin that has the named verb.',
        },
        volunteer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The ticket that joining a project gives.',
        },
      },
      schemas: { Problem: PROBLEM },
    },
  };
}

const PROBLEM: Json = {
  type: 'object',
  description:
    'RFC 9457, with a number that is never used for anything else, and what to do about it.',
  required: ['type', 'title', 'status', 'detail', 'code', 'remedy'],
  properties: {
    ...Object.fromEntries(
      ['type', 'title', 'detail', 'remedy', 'instance'].map((key) => [key, { type: 'string' }]),
    ),
    status: { type: 'integer' },
    code: { type: 'integer', enum: Object.keys(PROBLEMS).map(Number) },
  },
};

function operation(name: string, route: Route): Json {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.access === 'public' ? {} : { security: securityOf(route) }),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body
      ? {
          requestBody: {
            required: !('optional' in route.body),
            content: requestContent(route.body),
          },
        }
      : {}),
    responses: { ...successes(route), ...failures(route.problems) },
  };
}

/** An empty requirement is OpenAPI's way to say that one may do without; the names in it are verbs. */
function securityOf(route: Exclude<Route, { access: 'public' }>): Json[] {
  if (route.access === 'volunteer') return [{ volunteer: [] }];
  const needed = { [route.access]: [route.verb] };
  return route.access === 'app' ? [{}, needed] : [needed];
}

function pathParameters({ path }: Route): Json[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
}

function queryParameters({ query }: Route): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema },
  }));
}

function headerParameters({ headers = {} }: Route): Json[] {
  return Object.entries(headers).map(([name, description]) => ({
    ...{ name, in: 'header', required: true, description, schema: { type: 'string' } },
  }));
}

function requestContent(body: NonNullable<Route['body']>): Json {
  const file = { type: 'string', format: 'binary' };
  const form = { type: 'object', additionalProperties: { type: 'array', items: file } };
  const schema = (type: string) => {
    if (type === 'application/json' && 'json' in body) return schemaOf(body.json);
    return type === FORM_TYPE ? form : file;
  };
  return Object.fromEntries(mediaTypesOf(body).map((type) => [type, { schema: schema(type) }]));
}

function successes(route: Route): Json {
  const { status, later } = route.reply;
  const reply = success(route);
  return { [status]: reply, ...(later ? { [later]: reply } : {}) };
}

function success({ reply: { json, type }, summary }: Route): Json {
  const content = {
    ...(json ? { 'application/json': { schema: schemaOf(json) } } : {}),
    ...(type ? { [type]: {} } : {}),
  };
  return { description: summary, content };
}

/** One entry a status; several numbers may share it. */
function failures(codes: readonly ProblemCode[]): Json {
  const responses: Record<number, { description: string; content: Json }> = {};
  for (const code of codes) {
    const [status, title] = PROBLEMS[code];
    const content = {
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    };
    const before = responses[status]?.description;
    responses[status] = { description: `${before ? `${before}; ` : ''}${code}: ${title}`, content };
  }
  return responses;
}

function schemaOf(schema: GenericSchema): Json {
  // What JSON Schema cannot say (trimming, transforms) is left out: the worker checks it all the same.
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: 'ignore', typeMode: 'input' });
  return rest;
}
