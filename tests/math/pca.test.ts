import { expect, test } from 'vitest';
import { principal } from '../../shared/math/pca.ts';
import { Random, range } from '../../shared/math/random.ts';

/** A long and a short axis in the plane x + y, x - y, and nothing along z; far from the origin. */
function ellipse(count: number) {
  const random = new Random(2);
  const truth = range(count).map(() => [3 * random.normal(), 0.5 * random.normal()] as const);
  const rows = truth.map(([u, v]) => [(u + v) / Math.SQRT2 + 7, (u - v) / Math.SQRT2 - 2, 40]);
  return { truth, points: { data: Float32Array.from(rows.flat()), count, dim: 3 } };
}

test('components are the axes, the longest first, and what does not vary is left out', () => {
  const { truth, points } = ellipse(500);
  const { data, dim } = principal(points, { components: 3 });
  expect(dim).toBe(2);
  for (const axis of range(2)) {
    const mean = truth.reduce((sum, row) => sum + row[axis]! / 500, 0);
    const pairs = truth.map((row, i) => [row[axis]! - mean, data[2 * i + axis]!] as const);
    const [norm, product] = [
      pairs.reduce((sum, [a]) => sum + a * a, 0),
      pairs.reduce((sum, [a, b]) => sum + a * b, 0),
    ];
    expect(Math.abs(product / norm)).toBeCloseTo(1, 1);
  }
});

test('whitened, all of them have variance one and none goes with another', () => {
  const { points } = ellipse(400);
  const { data } = principal(points, { components: 2, whiten: true });
  const moment = (a: number, b: number) =>
    range(400).reduce((sum, i) => sum + (data[2 * i + a]! * data[2 * i + b]!) / 400, 0);
  expect(moment(0, 0)).toBeCloseTo(1, 4);
  expect(moment(1, 1)).toBeCloseTo(1, 4);
  expect(moment(0, 1)).toBeCloseTo(0, 4);
});
