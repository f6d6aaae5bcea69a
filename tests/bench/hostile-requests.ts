import fc from 'fast-check';

type Json = Record<string, unknown>;

/** A request that nobody honest sends. */
export type Hostile = {
  /** The route that it is addressed to, by its name in the table; undefined where none has that address. */
  operation?: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: Uint8Array;
};

/** What an attacker knows: addresses that exist, and tokens of roles that may do little. */
export type Known = { projects: string[]; tokens: string[] };

/** Strings that have broken somebody's parser. */
const NASTY = [
  ...['', '0', '-1', '1e999', 'NaN', 'null', 'true', '__proto__', 'constructor', '..', '.', '%00'],
  ...["' or 1=1 --", '"><script>', '${7*7}', '{{7*7}}', '\u0000', '\ud800', '한글', '🐟'],
  ...['a'.repeat(70_000), '9'.repeat(400), '%', '%zz', 'a/b', 'a\\b'],
];
const nasty = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 40 }));

/** Every operation of an OpenAPI document, each as often as any other, and bytes to addresses that do not exist. */
export function hostileRequests(document: Json, known: Known): fc.Arbitrary<Hostile> {
  const paths = document['paths'] as Record<string, Record<string, Json>>;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => toRoute(path, method, operation, known)),
  );
  return fc.oneof({ weight: 9, arbitrary: fc.oneof(...routes) }, { weight: 1, arbitrary: astray });
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'];
const TYPES = [
  ...['application/json', 'image/png', 'image/jpeg', 'image/webp', 'application/x-tensor'],
  ...['application/x-shoal-delta', 'multipart/form-data; boundary=x', 'multipart/form-data'],
  ...['text/plain', '', 'application/json; charset=utf-7', 'a/b/c'],
];

const bytes = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 2000, maxLength: 20_000 }) },
  // What begins like an image, and goes on like nothing.
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('\x89PNG\r\n\x1a\n', '\xff\xd8\xff', 'RIFF', '--x\r\n'),
        fc.uint8Array(),
      )
      .map(([start, rest]) => Buffer.concat([Buffer.from(start, 'latin1'), rest])),
  },
);

/** Addresses that the table does not have, some of them of the socket and the pages. */
const astray: fc.Arbitrary<Hostile> = fc.record(
  {
    method: fc.constantFrom(...METHODS),
    path: fc
      .tuple(
        fc.constantFrom(
          '/',
          '/v1/',
          '/v1/projects/',
          '/socket.io/?EIO=4&sid=',
          '/assets/',
          '/docs/',
        ),
        nasty,
      )
      .map(([start, rest]) => start + encode(rest).slice(0, 2000)),
    headers: fc.constantFrom(...TYPES).map((type) => ({ 'content-type': type })),
    body: bytes,
  },
  { requiredKeys: ['method', 'path', 'headers'] },
);

function toRoute(path: string, method: string, operation: Json, known: Known) {
  const parameters = (operation['parameters'] ?? []) as {
    name: string;
    in: string;
    schema: Json;
  }[];
  const content = ((operation['requestBody'] as Json | undefined)?.['content'] ?? {}) as Record<
    string,
    { schema: Json }
  >;
  const of = (place: string) =>
    fc.record(
      Object.fromEntries(
        parameters.filter((one) => one.in === place).map((one) => [one.name, inPlace(one, known)]),
      ),
      place === 'path' ? {} : { requiredKeys: [] },
    );
  return fc
    .record(
      {
        path: of('path'),
        query: fc.oneof(of('query'), fc.dictionary(nasty, nasty, { maxKeys: 3 })),
        headers: of('header'),
        token: fc.option(fc.constantFrom(...known.tokens, 'x', 'a.b.c', 'shoal_x_y'), { nil: '' }),
        sent: bodyOf(content),
      },
      { requiredKeys: ['path', 'query', 'headers', 'token', 'sent'] },
    )
    .map(({ path: values, query, headers, token, sent }): Hostile => {
      const search = new URLSearchParams(query as Record<string, string>).toString().slice(0, 4000);
      const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
        encode((values as Record<string, string>)[name] as string).slice(0, 2000),
      );
      return {
        operation: operation['operationId'] as string,
        method: method.toUpperCase(),
        path: filled + (search ? `?${search}` : ''),
        headers: {
          ...Object.fromEntries(
            Object.entries(headers as Record<string, string>).map(([k, v]) => [k, printable(v)]),
          ),
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(sent ? { 'content-type': sent.type } : {}),
        },
        ...(sent ? { body: sent.body } : {}),
      };
    });
}

function inPlace({ name, schema }: { name: string; schema: Json }, { projects }: Known) {
  if (name === 'project')
    return fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...projects) },
      { weight: 1, arbitrary: nasty },
    );
  const near = fc.constantFrom('0', '1', '2', 'first', 'added', 'class 0');
  return fc.oneof(near, fitting(schema, 1).map(String), nasty);
}

/** The body as its schema has it, the same with something wrong, or something else altogether. */
function bodyOf(content: Record<string, { schema: Json }>) {
  const kinds = Object.entries(content);
  const own = kinds.map(([type, { schema }]) =>
    (type === 'application/json' ? asJson(fitting(schema, 4)) : bytes).map((body) => ({
      type,
      body,
    })),
  );
  const other = fc.record({
    type: fc.constantFrom(...TYPES),
    body: fc.oneof(bytes, asJson(fc.jsonValue())),
  });
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    ...own.map((arbitrary) => ({ weight: 6, arbitrary })),
    { weight: 2, arbitrary: other },
  );
}

/** As text, whole, cut short, or behind a thousand brackets. */
function asJson(value: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(value, fc.constantFrom('whole', 'whole', 'whole', 'cut', 'deep'), fc.nat())
    .map(([json, how, at]) => {
      const text = JSON.stringify(json) ?? '';
      if (how === 'cut') return Buffer.from(text.slice(0, at % (text.length + 1)));
      if (how === 'deep') return Buffer.from('['.repeat(1000) + text);
      return Buffer.from(text);
    });
}

/** A value that fits a JSON schema, except that at every place it may be something else. */
function fitting(schema: Json, depth: number): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(nasty, fc.constantFrom(null, -1, 1e308, [], {}, true));
  return fc.oneof(
    { weight: 12, arbitrary: exactly(schema, depth) },
    { weight: 1, arbitrary: wrong },
  );
}

function exactly(schema: Json, depth: number): fc.Arbitrary<unknown> {
  const either = (schema['anyOf'] ?? schema['oneOf']) as Json[] | undefined;
  if (either) return fc.oneof(...either.map((one) => fitting(one, depth - 1)));
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  switch (schema['type']) {
    case 'object':
      return objectOf(schema, depth);
    case 'array':
      return depth > 0
        ? fc.array(fitting((schema['items'] ?? {}) as Json, depth - 1), { maxLength: 3 })
        : fc.constant([]);
    case 'integer':
      return fc.oneof(fc.integer({ min: 0, max: 40 }), fc.maxSafeInteger());
    case 'number':
      return fc.oneof(fc.float({ min: 0, max: 1, noNaN: true }), fc.double({ noNaN: true }));
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.oneof(fc.base64String({ maxLength: 200 }), fc.stringMatching(/^[a-z0-9-]{1,12}$/));
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf(schema: Json, depth: number): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Json>;
  if (depth <= 0) return fc.constant({});
  const known = Object.fromEntries(
    Object.entries(properties).map(([name, one]) => [name, fitting(one, depth - 1)]),
  );
  const required = ((schema['required'] ?? []) as string[]).filter((name) => name in known);
  return fc.record(known, { requiredKeys: required });
}

function encode(text: string): string {
  // A lone surrogate has no UTF-8.
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?'));
}

/** What Node lets into a header. */
function printable(value: unknown): string {
  return String(value)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 4000);
}
