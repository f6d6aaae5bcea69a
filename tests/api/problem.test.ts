import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Problem, PROBLEMS, type ProblemCode } from '../../shared/api/problem.ts';
import { OF_KEYS, type Route } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';

const CODES = Object.keys(PROBLEMS).map(Number) as ProblemCode[];
const ENTRIES = Object.entries<Route>(ROUTES);

/** What a number's hundred is about, and the statuses that can say so. */
const HUNDREDS: Record<number, { about: string; statuses: readonly number[] }> = {
  1: { about: 'the request', statuses: [400, 404, 413, 415] },
  2: { about: 'access', statuses: [401, 403, 404, 429, 503] },
  3: { about: 'projects', statuses: [404, 409, 422] },
  4: { about: 'rounds and deltas', statuses: [400, 403, 404, 409, 413, 422, 503] },
  5: { about: 'images', statuses: [409, 413, 422] },
  6: { about: 'classes', statuses: [404, 409, 413, 422] },
  7: { about: 'models', statuses: [404, 409, 410, 422, 503] },
  9: { about: 'the server', statuses: [500] },
};

function sources(folder: string): string[] {
  const root = new URL(`../../${folder}/`, import.meta.url);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(new URL(file, root), 'utf8'));
}

describe('the table of problems', () => {
  test.each(CODES)('%d has a status of its hundred, a title and a remedy', (code) => {
    const [status, title, remedy] = PROBLEMS[code];
    const hundred = HUNDREDS[Math.floor(code / 100)];
    expect(hundred?.statuses).toContain(status);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(remedy).toMatch(/^[A-Z].*\.$/);
  });

  test('no two problems share a title', () => {
    const titles = Object.values(PROBLEMS).map(([, title]) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  test('every number is thrown somewhere', () => {
    const code = ['shared', 'worker', 'client'].flatMap(sources).join('\n');
    // Who may do what is decided in pure functions, which give a refusal back.
    const spots = /(?:new Problem\(|refusal\(|\bcode: )([^,]*),/g;
    const thrown = [...code.matchAll(spots)].flatMap(([, first]) => first!.match(/\d{3}/g) ?? []);
    expect(CODES.filter((number) => !thrown.includes(String(number)))).toEqual([]);
  });
});

describe('a problem', () => {
  const problem = new Problem(303, 'the net cannot read that', { cause: 'why' });

  test('is an error with its number, status and cause', () => {
    expect(problem).toBeInstanceOf(Error);
    expect([problem.name, problem.code, problem.status]).toEqual(['Problem', 303, 422]);
    expect([problem.message, problem.cause]).toEqual(['the net cannot read that', 'why']);
  });

  test('has the members of RFC 9457, and a number and a remedy beside them', () => {
    const body = problem.body('urn:uuid:1');
    expect(body).toEqual({
      type: '/docs/problems#303',
      title: PROBLEMS[303][1],
      status: 422,
      detail: 'the net cannot read that',
      instance: 'urn:uuid:1',
      code: 303,
      remedy: PROBLEMS[303][2],
    });
    expect(JSON.parse(JSON.stringify(body))).toEqual(body);
  });

  test('has no instance where it has no name', () => {
    expect(problem.body()).not.toHaveProperty('instance');
  });
});

describe.each(ENTRIES)('the route %s', (_, route) => {
  const { problems } = route;

  test('names problems that exist, each once and in order', () => {
    for (const code of problems) expect(CODES).toContain(code);
    expect([...new Set(problems)].sort((a, b) => a - b)).toEqual(problems);
  });

  test('names those that follow from what it takes', () => {
    const follows: [boolean, number[]][] = [
      [route.body !== undefined, [102, 104]],
      [route.body !== undefined && 'json' in route.body, [101]],
      [route.query !== undefined || route.headers !== undefined, [101]],
      [route.access === 'admin' || route.access === 'app', [...OF_KEYS]],
      [route.access === 'volunteer', [201, 202, 203, 204]],
      [route.path.includes(':project'), [301]],
      [route.path.includes(':hash'), [703]],
      [route.path.includes(':version'), [701]],
      [route.path.includes(':class'), [603]],
      [route.path.includes(':key'), [211]],
    ];
    const expected = follows.flatMap(([holds, codes]) => (holds ? codes : []));
    expect(problems).toEqual(expect.arrayContaining(expected));
  });

  test('asks nobody for a token that it does not look at', () => {
    // From 210 on: what else may be wrong with who calls, on some routes.
    const asks = problems.some((code) => code > 200 && code < 210);
    expect(asks).toBe(route.access !== 'public');
  });

  test('leaves the problems of every request unsaid', () => {
    // 103 is for what is no route at all; 212 and 901 can happen to anyone.
    for (const code of [103, 212, 901]) expect(problems).not.toContain(code);
  });
});
