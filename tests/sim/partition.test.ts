import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partitionOf, simplex, type Dealt } from '../../client/sim/partition.ts';
import { Random, range } from '../../shared/math/random.ts';

/** 40 writers who wrote each of 10 classes five times. */
const DATA: Dealt = {
  count: 2000,
  labels: Int32Array.from(range(2000), (row) => row % 10),
  writers: Int32Array.from(range(2000), (row) => Math.floor(row / 50)),
};
const deal = (spec: string, volunteers: number, seed = 1) =>
  partitionOf(spec)(DATA, volunteers, new Random(seed));
const classesOf = (rows: number[]) => new Set(rows.map((row) => DATA.labels[row]));

test.each(['iid', 'writers', 'classes:2', 'dirichlet:0.3', 'dirichlet:0.001'])(
  '%s: every image is dealt once, and the same way by the same seed',
  (spec) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (volunteers, seed) => {
        const lists = deal(spec, volunteers, seed);
        expect(lists).toHaveLength(volunteers);
        expect(lists.flat().sort((a, b) => a - b)).toEqual(range(DATA.count));
        expect(deal(spec, volunteers, seed)).toEqual(lists);
      }),
      { numRuns: 20 },
    );
  },
);

test('iid: as many for each, of every class', () => {
  for (const rows of deal('iid', 20)) {
    expect(rows).toHaveLength(100);
    expect(classesOf(rows).size).toBe(10);
  }
});

test('writers: no writer is in two places', () => {
  const lists = deal('writers', 13);
  const where = lists.map((rows) => new Set(rows.map((row) => DATA.writers![row])));
  expect(where.reduce((sum, { size }) => sum + size, 0)).toBe(40);
  expect(() => deal('writers', 41)).toThrow('40 writers are too few for 41');
  const anonymous = { ...DATA, writers: null };
  expect(() => partitionOf('writers')(anonymous, 2, new Random(1))).toThrow('who wrote what');
});

test('classes:2: two pieces each, so hardly more than two classes', () => {
  for (const rows of deal('classes:2', 100)) {
    expect(rows).toHaveLength(20);
    expect(classesOf(rows).size).toBeLessThanOrEqual(2);
  }
});

describe('dirichlet', () => {
  test('shares have the moments of the distribution', () => {
    const [count, draws] = [5, 20_000];
    for (const alpha of [0.3, 1, 10]) {
      const random = new Random(7);
      const first = Array.from({ length: draws }, () => simplex(alpha, count, random)[0]!);
      const mean = first.reduce((a, b) => a + b, 0) / draws;
      const variance = first.reduce((sum, share) => sum + (share - mean) ** 2, 0) / draws;
      // Of one share, a Beta(alpha, (count - 1) * alpha): (n - 1) / (n^2 (n alpha + 1)).
      const expected = (count - 1) / (count ** 2 * (count * alpha + 1));
      // In standard errors of so many draws.
      expect(Math.abs(mean - 1 / count) / Math.sqrt(expected / draws)).toBeLessThan(4);
      expect(variance / expected).toBeCloseTo(1, 1);
    }
  });

  test('a small alpha leaves a class with few, a large one spreads it', () => {
    const largest = (spec: string) => {
      const lists = deal(spec, 10);
      const held = range(10).map((label) =>
        Math.max(...lists.map((rows) => rows.filter((row) => DATA.labels[row] === label).length)),
      );
      return held.reduce((a, b) => a + b, 0) / DATA.count;
    };
    expect(largest('dirichlet:0.05')).toBeGreaterThan(0.6);
    expect(largest('dirichlet:100')).toBeLessThan(0.2);
  });
});

test.each([
  'even',
  'iid:2',
  'classes',
  'classes:0',
  'classes:1.5',
  'dirichlet',
  'dirichlet:-1',
  '',
])('"%s" is no partition', (spec) => {
  expect(() => partitionOf(spec)).toThrow('one of iid, writers, classes:2, dirichlet:0.3');
});
