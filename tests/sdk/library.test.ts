/** The library as others get it: one small file for pages, and the same for Node. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ROOT, WEB_OUT } from '../../client/cli/edge/build.ts';
import * as source from '../../client/sdk/index.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { json, problem, serve } from '../net/loopback.ts';
import { PROJECT, ToyEdge } from './toy-edge.ts';
import { IMAGES } from './volunteer.ts';

const FILE = join(WEB_OUT, 'sdk.js');
const KB = 1000;

/** By its name, as another program's import would find it; the tests' own bundler is not asked. */
const published = (): Promise<typeof source> =>
  import(/* @vite-ignore */ import.meta.resolve('shoal/sdk'));

describe('/sdk.js', () => {
  const text = readFileSync(FILE, 'utf8');

  test('is one file of at most 10 KB, compressed, until somebody contributes', () => {
    expect(gzipSync(text).length).toBeLessThan(10 * KB);
    expect(text).not.toMatch(/\bimport\s*(\{|\*|["'`])|\bfrom\s*["'`]/);
  });

  test('loads the rest, which is there, only then', () => {
    const rest = [...text.matchAll(/import\([`"'](\.\/[^`"']+)/g)].map(([, path]) => path!);
    expect(rest).toHaveLength(1);
    expect(existsSync(join(WEB_OUT, rest[0]!))).toBe(true);
    expect(text).not.toContain('Conv2DBackprop');
    expect(text.length).toBeLessThan(40 * KB);
  });

  test('gives what the source gives', async () => {
    const built = (await import(/* @vite-ignore */ FILE)) as typeof source;
    expect(Object.keys(built)).toEqual(expect.arrayContaining(Object.keys(source)));
  });
});

describe('for Node', () => {
  test('it is found by the name of the package, and knows every route', async () => {
    const { Shoal } = await published();
    const { origin, seen } = await serve(json([]));
    const shoal = new Shoal({ origin, project: 'p' });
    for (const [name, { path }] of Object.entries(ROUTES)) {
      const names = [...path.matchAll(/:(\w+)/g)].map(([, param]) => [param, 'p'] as const);
      await shoal.download(name as 'getTask', { params: Object.fromEntries(names) as never });
    }
    expect(seen.length).toBe(Object.keys(ROUTES).length);
  });

  test('a refusal is of its class', async () => {
    const { Shoal, ProjectProblem, NotFound } = await published();
    const { origin } = await serve(problem(301, 'there is no "p"'));
    const error = await new Shoal({ origin, project: 'p' }).classes().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ProjectProblem);
    expect(error).toBeInstanceOf(NotFound);
  });

  test('a contribution learns and sends, by what lies beside it', async () => {
    const { Shoal } = await published();
    const edge = await ToyEdge.start();
    edge.onHello = (line) => line.emit('assignment', edge.assignment(1));
    const stop = new AbortController();
    const events: source.ContributionEvent[] = [];
    const shoal = new Shoal({ origin: edge.origin, project: PROJECT });
    const { done } = await shoal.contribute({
      ...{ images: IMAGES, signal: stop.signal, backend: 'wasm' },
      onEvent: (event) => void events.push(event),
    });
    await edge.until(() => edge.deltas.length === 1);
    await expect.poll(() => events.map(({ kind }) => kind)).toContain('sent');
    const size = 4 * edge.recipe.model.layout.size;
    const received = events.filter(({ kind }) => kind === 'receiving');
    expect(received.at(-1)).toMatchObject({ round: 1, loaded: size });
    stop.abort();
    await done;
  });

  test('its files are where package.json says', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    // The types are built apart (declarations.test.ts).
    const { types: _, ...files } = exports['./sdk'] as Record<string, string>;
    for (const file of Object.values(files)) expect(existsSync(join(ROOT, file))).toBe(true);
  });
});
