import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Api, Unreachable } from '../../client/net/api.ts';
import { Problem } from '../../shared/api/problem.ts';
import { DELTA_TYPE } from '../../shared/api/media.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import { badGateway, json, nowhere, problem, serve, silence } from './loopback.ts';

/** The only request of a call. */
async function request<T>(call: (api: Api) => Promise<T>, token?: string) {
  const { origin, seen } = await serve(json({}));
  await call(new Api(origin, token));
  expect(seen).toHaveLength(1);
  return seen[0]!;
}

describe('a call goes where its route says', () => {
  test.each(Object.entries<Route>(ROUTES))('%s', async (name, route) => {
    const names = [...route.path.matchAll(/:(\w+)/g)].map(([, param]) => param!);
    const params = Object.fromEntries(names.map((param) => [param, `my-${param}`]));
    const { method, url } = await request((api) => api.fetch(name as RouteName, { params }));
    expect(method).toBe(route.method);
    expect(url).toBe(route.path.replace(/:/g, 'my-'));
  });

  test('whatever stands in a parameter stays within it', async () => {
    const params = { project: 'a/../b?c#d e' };
    const { url } = await request((api) => api.call('listClasses', { params }));
    expect(url).toBe('/v1/projects/a%2F..%2Fb%3Fc%23d%20e/classes');
    expect(decodeURIComponent(url.split('/')[3]!)).toBe(params.project);
  });

  test('but not without a parameter that its address needs', async () => {
    const { origin, seen } = await serve(json({}));
    const params = { project: 'p' } as { project: string; round: string };
    await expect(new Api(origin).call('sendDelta', { params })).rejects.toThrow('needs "round"');
    expect(seen).toEqual([]);
  });

  test('an origin may end in a slash', async () => {
    const { origin, seen } = await serve(json([]));
    await new Api(`${origin}/`).call('listProjects');
    expect(seen[0]!.url).toBe('/v1/projects');
  });
});

describe('a call carries', () => {
  const params = { project: 'p' };

  test('a query', async () => {
    const { url } = await request((api) => api.call('classify', { params, query: { top: 3 } }));
    expect(url).toBe('/v1/projects/p/classify?top=3');
  });

  test('JSON', async () => {
    const { headers, body } = await request((api) =>
      api.call('startTraining', { params, json: { rounds: 2 } }),
    );
    expect(headers['content-type']).toBe('application/json');
    expect(JSON.parse(body.toString())).toEqual({ rounds: 2 });
  });

  test('bytes of a type, and headers', async () => {
    const bytes = Uint8Array.of(0, 255, 7);
    const { headers, body } = await request((api) =>
      api.fetch('classify', {
        params,
        bytes,
        type: DELTA_TYPE,
        headers: { 'x-shoal-images': '4' },
      }),
    );
    expect(headers).toMatchObject({ 'content-type': DELTA_TYPE, 'x-shoal-images': '4' });
    expect([...body]).toEqual([...bytes]);
  });

  test('the token, where there is one', async () => {
    const call = (api: Api) => api.call('getProject', { params });
    expect((await request(call, 'secret')).headers.authorization).toBe('Bearer secret');
    expect((await request(call)).headers.authorization).toBeUndefined();
  });
});

describe('an answer', () => {
  test('of JSON is read', async () => {
    const { origin } = await serve(json([{ number: 3 }]));
    expect(await new Api(origin).call('listRounds', { params: { project: 'p' } })).toEqual([
      { number: 3 },
    ]);
  });

  test('of bytes is left to whoever fetched it', async () => {
    const { origin } = await serve((response) => response.end(Buffer.of(1, 2, 3)));
    const response = await new Api(origin).fetch('getWeights', { params: { hash: 'h' } });
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
  });

  test('that refuses is thrown as its problem, with the detail of this case', async () => {
    const { origin } = await serve(problem(301, 'there is no project "x"'));
    const error = await new Api(origin)
      .call('getProject', { params: { project: 'x' } })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ code: 301, status: 404, message: 'there is no project "x"' });
  });

  test('that refuses says what a program can act upon', async () => {
    const hints = { retryAfter: 3, weights: '/v1/weights/abc' };
    const { origin } = await serve(problem(413, 'five versions behind', hints));
    const error = await new Api(origin).call('health').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 413, hints });
  });

  test.each([
    ['7', 7],
    ['0', 0],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    ['-1', undefined],
    [undefined, undefined],
  ])('of a proxy that asks to come back after %s is none for %s seconds', async (said, seconds) => {
    const { origin } = await serve((response) =>
      response.writeHead(503, said === undefined ? {} : { 'retry-after': said }).end('busy'),
    );
    const error = await new Api(origin).call('health').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Unreachable);
    expect((error as Unreachable).retryAfter).toBe(seconds);
  });

  test.each([
    ['a page of a proxy', badGateway],
    ['nothing', silence],
    ['a status without a word', json(null, 500)],
    ['a sentence', json('no', 400)],
    ['a problem that is not one of ours', json({ code: 999, detail: 'odd' }, 400)],
    ['a problem named like what every object has', json({ code: 'constructor' }, 400)],
    ['a success that is a page of a proxy', html],
    ['a success that is cut off in the middle', cutOff],
  ])('of %s is none', async (_, answer) => {
    const { origin } = await serve(answer);
    await expect(new Api(origin).call('listProjects')).rejects.toThrow(Unreachable);
  });

  test('that never comes, for want of a server, is none', async () => {
    const origin = await nowhere();
    const error = await new Api(origin).call('health').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Unreachable);
    expect(error).toMatchObject({ message: `${origin} does not answer`, cause: expect.any(Error) });
  });

  test('that nobody waits for any more is the reason why, and not a silence', async () => {
    const { origin } = await serve(() => {});
    const abort = new AbortController();
    const call = new Api(origin).call('health', { signal: abort.signal });
    abort.abort(new Error('the page was closed'));
    await expect(call).rejects.toThrow('the page was closed');
  });
});

test('a parameter cannot name the folder above', async () => {
  const { origin, seen } = await serve(json({}));
  await expect(new Api(origin).call('listRounds', { params: { project: '..' } })).rejects.toThrow(
    '".." is no project',
  );
  expect(seen).toEqual([]);
});

function html(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Welcome to the hotel');
}

function cutOff(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('[{"id":', () => response.destroy());
}
