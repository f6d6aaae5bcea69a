/** What the edge says of itself, and what goes with every reply. */
import { describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../shared/api/problem.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { useEdge } from '../kit/edge.ts';
import { newToyProject } from '../kit/project.ts';

const edge = useEdge();
const routes = Object.entries(ROUTES) as [string, Route][];

const get = (path: string) => fetch(edge.current.origin + path);

async function page(path: string): Promise<string> {
  const response = await get(path);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    expect.stringContaining('text/html'),
  ]);
  return response.text();
}

type Json = { [key: string]: Json } & Json[] & string;

/** Every object in a document, however deep. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

describe('the OpenAPI document', () => {
  const openApi = async () => (await (await get('/openapi.json')).json()) as Json;
  const operations = async () =>
    Object.entries((await openApi())['paths']!).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  test('has every route and nothing else', async () => {
    const said = (await operations()).map(
      ({ path, method, operation }) => `${operation['operationId']} ${method} ${path}`,
    );
    const served = routes.map(
      ([name, { method, path }]) =>
        `${name} ${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`,
    );
    expect(said.sort()).toEqual(served.sort());
  });

  test('names its version, its server and what it is called', async () => {
    const { openapi, info, servers } = await openApi();
    expect(openapi).toMatch(/^3\.1\.\d+$/);
    expect(info).toMatchObject({ title: 'Shoal', version: expect.any(String) });
    expect(servers).toEqual([{ url: edge.current.origin }]);
  });

  test('declares every parameter of a path, as required', async () => {
    for (const { path, operation } of await operations()) {
      const parameters = operation['parameters']! as unknown as Record<string, unknown>[];
      const declared = parameters.filter((one) => one['in'] === 'path');
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(declared.map(({ name }) => name)).toEqual(wanted);
      expect(declared.every(({ required }) => required === true)).toBe(true);
      const keys = parameters.map((one) => `${one['in'] as string} ${one['name'] as string}`);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  test('describes every reply, and asks of whom the table says', async () => {
    const { schemes } = { schemes: (await openApi())['components']!['securitySchemes']! };
    for (const { operation } of await operations()) {
      const route: Route = ROUTES[operation['operationId'] as keyof typeof ROUTES];
      for (const [status, reply] of Object.entries(operation['responses']!)) {
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(reply['description']).not.toBe('');
      }
      const problems = route.problems.map((code) => String(PROBLEMS[code][0]));
      const { status, later } = route.reply;
      const expected = new Set([status, ...(later ? [later] : [])].map(String).concat(problems));
      expect(Object.keys(operation['responses']!).sort()).toEqual([...expected].sort());
      const security = operation['security'] ?? [];
      const verbs = 'verb' in route ? [route.verb] : [];
      const asked = route.access === 'public' ? [] : [{ [route.access]: verbs }];
      // Of a project that is open nobody needs a key.
      expect(security).toEqual(route.access === 'app' ? [{}, ...asked] : asked);
      for (const one of security)
        for (const scheme of Object.keys(one)) expect(schemes).toHaveProperty(scheme);
    }
  });

  test('has no reference into nothing, no type that JSON Schema lacks, no `nullable` of 3.0', async () => {
    const document = await openApi();
    const types = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];
    for (const one of objectsIn(document)) {
      const { $ref, type } = one;
      if (typeof $ref === 'string') {
        const target = $ref
          .slice(2)
          .split('/')
          .reduce<Json>((at, key) => at[key]!, document);
        expect([$ref, typeof target]).toEqual([$ref, 'object']);
      }
      if (typeof type === 'string' && !('scheme' in one)) expect(types).toContain(type);
      expect(one).not.toHaveProperty('nullable');
    }
  });

  test('gives every body and every JSON reply a schema', async () => {
    for (const { operation } of await operations()) {
      const route: Route = ROUTES[operation['operationId'] as keyof typeof ROUTES];
      const json = route.body && 'json' in route.body ? ['application/json'] : [];
      const types = [...json, ...(route.body?.types ?? [])];
      expect(Object.keys(operation['requestBody']?.['content'] ?? {})).toEqual(types);
      const success = operation['responses']![route.reply.status]!['content']!;
      if (!route.reply.json) continue;
      const schema = success['application/json']!['schema']!;
      // One kind of reply, or one of several.
      for (const one of (schema['oneOf'] ?? schema['anyOf'] ?? [schema]) as Json[])
        expect(one).toHaveProperty('type');
    }
  });
});

describe('the reference for people', () => {
  /** What one reads, on one line. */
  const textOf = (html: string) =>
    html
      .replace(/<[^>]*>/g, ' ')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&#39;/g, "'")
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, '&')
      .replace(/\s+/g, ' ');

  test('lists every route with its summary', async () => {
    const html = await page('/docs');
    for (const [name, { method, path, summary }] of routes) {
      expect(html).toContain(`id="${name}"`);
      expect(textOf(html)).toContain(`${method} ${path} ${summary}`);
    }
  });

  test('lists every problem with its remedy, where the replies point to', async () => {
    const html = await page('/docs/problems');
    for (const [code, [status, title, remedy]] of Object.entries(PROBLEMS)) {
      expect(html).toContain(`id="${code}"`);
      expect(textOf(html)).toContain(`${code} ${status} ${title} ${remedy}`);
    }
  });
});

describe('the pages', () => {
  test.each(['/', '/admin', '/playground', '/docs', '/docs/problems'])(
    '%s is there, and so is everything it names',
    async (path) => {
      const html = await page(path);
      const named = [...html.matchAll(/(?:src|href)="(\/[^"#]*)/g)].map(([, address]) => address!);
      const answers = await Promise.all(
        [...new Set(named)].map(async (address) => `${(await get(address)).status} ${address}`),
      );
      expect(answers.filter((answer) => !answer.startsWith('200'))).toEqual([]);
    },
  );
});

describe('every reply', () => {
  const ADDRESSES = {
    page: '/',
    'file of a page': '/icon.svg',
    reference: '/docs',
    'API reply': '/v1/projects',
    refusal: '/v1/projects/none',
    'reply where nothing is': '/none',
    'poll of the socket': '/v1/projects/reef/socket/?EIO=4&transport=polling',
  };

  test.each(Object.entries(ADDRESSES))('%s: is shut off from other sites', async (_, path) => {
    await edge.current.admin.call('createProject', { json: newToyProject('reef') }).catch(() => {});
    const { headers } = await get(path);
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'|\*/);
    // It names no other place: images that a page holds can be sent nowhere else.
    const { host } = new URL(edge.current.origin);
    expect(policy).toContain(`connect-src 'self' ws://${host} wss://${host};`);
    expect(policy?.replaceAll(host, '')).not.toMatch(/https?:|wss?:\/\/\w/);
    for (const feature of ['camera', 'microphone', 'geolocation'])
      expect(headers.get('permissions-policy')).toContain(`${feature}=()`);
    // There is no https here to insist on.
    expect(headers.has('strict-transport-security')).toBe(false);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('over https asks for https from then on', async () => {
    // As miniflare hears of a proxy before it; where the edge is deployed, Cloudflare says so itself.
    const headers = { 'x-forwarded-proto': 'https' };
    const response = await fetch(`${edge.current.origin}/healthz`, { headers });
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test('has an id of its own', async () => {
    const [a, b] = await Promise.all([get('/healthz'), get('/healthz')]);
    expect(a.headers.get('x-request-id')).not.toBe(b.headers.get('x-request-id'));
  });

  test('that refuses is a problem with a number, a remedy, and the id of the request', async () => {
    const response = await get('/v1/projects/none');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const [status, title, remedy] = PROBLEMS[301];
    expect(await response.json()).toEqual({
      ...{ type: '/docs/problems#301', title, status, remedy, code: 301 },
      detail: 'there is no project "none"',
      instance: `urn:uuid:${response.headers.get('x-request-id')}`,
    });
  });

  test('to HEAD has the head of GET and no body', async () => {
    const response = await fetch(`${edge.current.origin}/healthz`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});
