import { describe, expect, test } from 'vitest';
import {
  AccessProblem,
  Busy,
  ClassProblem,
  Conflict,
  Denied,
  ImageProblem,
  ModelProblem,
  NotFound,
  problemOf,
  ProjectProblem,
  RequestProblem,
  RoundProblem,
  ServerProblem,
} from '../../client/net/problems.ts';
import { Problem, PROBLEMS, type ProblemCode } from '../../shared/api/problem.ts';

const CODES = Object.keys(PROBLEMS).map(Number) as ProblemCode[];
const FAMILIES = {
  1: RequestProblem,
  2: AccessProblem,
  3: ProjectProblem,
  4: RoundProblem,
  5: ImageProblem,
  6: ClassProblem,
  7: ModelProblem,
  9: ServerProblem,
};

test.each(CODES)('%d is a problem of its hundred, and of no other', (code) => {
  const problem = problemOf(code, 'because');
  for (const [hundred, Family] of Object.entries(FAMILIES))
    expect(problem instanceof Family).toBe(Math.floor(code / 100) === Number(hundred));
  expect(problem).toBeInstanceOf(Problem);
  expect(problem.name).toBe(FAMILIES[Math.floor(code / 100) as keyof typeof FAMILIES].name);
});

test('a problem says what, why and what to do, and when to come back', () => {
  const problem = problemOf(414, 'eight are in line', { retryAfter: 3 });
  const [status, title, remedy] = PROBLEMS[414];
  expect(problem).toMatchObject({ code: 414, status, title, remedy, retryAfter: 3 });
  expect(problem.message).toBe('eight are in line');
  expect(problemOf(301, 'no "x"').retryAfter).toBeUndefined();
});

describe('a problem is of the kind that its status says', () => {
  const kinds = [
    [NotFound, [404, 410]],
    [Denied, [401, 403]],
    [Conflict, [409]],
    [Busy, [429, 503]],
  ] as const;

  test.each(kinds)('%o', (Kind, statuses: readonly number[]) => {
    for (const code of CODES)
      expect(problemOf(code, '') instanceof Kind).toBe(statuses.includes(PROBLEMS[code][0]));
    // Every kind is one that the table has.
    expect(CODES.some((code) => problemOf(code, '') instanceof Kind)).toBe(true);
  });

  test('and nothing else is', () => {
    for (const [Kind] of kinds)
      for (const other of [new Error('404'), { status: 404 }, null, 404])
        expect(other instanceof Kind).toBe(false);
  });
});

/** Checked by the compiler: what `instanceof` has found out is known from there on. */
export function knowsItsNumbers(error: unknown): number | undefined {
  if (error instanceof ClassProblem) {
    // @ts-expect-error -- 301 is not one of the classes' numbers
    if (error.code === 301) return 1;
    if (error.code === 602) return 2;
  }
  return error instanceof NotFound ? error.code : undefined;
}
