import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countsOf, fillEmpty, kMeans, type Points } from '../../shared/math/k-means.ts';
import { Random, range } from '../../shared/math/random.ts';

const pointsOf = (rows: number[][]): Points => ({
  data: Float32Array.from(rows.flat()),
  count: rows.length,
  dim: rows[0]!.length,
});

test('heaps far apart are found, each whole', () => {
  const random = new Random(3);
  const heap = (i: number) => [100 * (i % 4) + random.normal(), 50 * (i % 2) + random.normal()];
  for (const seed of range(20)) {
    const points = pointsOf(range(80).map(heap));
    const { of } = kMeans(points, 4, { rounds: 20, random: new Random(seed) });
    expect(new Set(range(80).map((i) => `${i % 4} ${of[i]}`)).size).toBe(4);
  }
});

test('every centroid is the mean of its points, and every point is in the nearest cluster', () => {
  const random = new Random(5);
  const points = pointsOf(range(60).map(() => [random.normal(), random.normal()]));
  const { of, centroids, clusters } = kMeans(points, 5, { rounds: 100, random });
  const at = (values: Float32Array, i: number) => [values[2 * i]!, values[2 * i + 1]!] as const;
  const apart = (i: number, c: number) => {
    const [[x, y], [u, v]] = [at(points.data, i), at(centroids, c)];
    return (x - u) ** 2 + (y - v) ** 2;
  };
  for (const c of range(clusters)) {
    const own = range(60).filter((i) => of[i] === c);
    const mean = own.reduce((sum, i) => sum + points.data[2 * i]! / own.length, 0);
    expect(centroids[2 * c]).toBeCloseTo(mean, 5);
  }
  for (const i of range(60)) {
    const nearest = Math.min(...range(clusters).map((c) => apart(i, c)));
    expect(apart(i, of[i]!)).toBeCloseTo(nearest, 6);
  }
});

test('an empty cluster takes the far half of the largest', () => {
  const points = pointsOf([[0], [0.1], [0.2], [5], [5.1], [90]]);
  const of = Int32Array.of(0, 0, 0, 0, 0, 2);
  const counts = Int32Array.of(5, 0, 1);
  fillEmpty(points, of, counts);
  expect([...of]).toEqual([0, 0, 0, 1, 1, 2]);
  expect([...counts]).toEqual([3, 2, 1]);
});

test('no cluster is empty, whatever the points are (property)', () => {
  // Few places for many points: most centroids fall on one another. Tenths, whose means are rounded.
  const tenths = (max: number) => fc.integer({ min: 0, max }).map((n) => (n + 1) / 10);
  const place = fc.tuple(tenths(2), tenths(1));
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 30 }), fc.nat(), (rows, seed) => {
      const k = 1 + (seed % 8);
      const { of, clusters } = kMeans(pointsOf(rows), k, { rounds: 5, random: new Random(seed) });
      expect(clusters).toBe(Math.min(k, rows.length));
      expect(Math.min(...countsOf(of, clusters))).toBeGreaterThan(0);
    }),
    { numRuns: 200, seed: 1 },
  );
});
