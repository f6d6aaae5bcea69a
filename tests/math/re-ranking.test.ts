import { describe, expect, test } from 'vitest';
import { dbscan } from '../../shared/math/dbscan.ts';
import { nearestNeighbours } from '../../shared/math/neighbours.ts';
import { Random, range } from '../../shared/math/random.ts';
import { jaccardDistances } from '../../shared/math/re-ranking.ts';
import { tf } from '../kit/backends.ts';

const line = (...places: number[]) => ({
  data: Float32Array.from(places),
  count: places.length,
  dim: 1,
});

test('the nearest are those that sorting all distances gives, itself first', async () => {
  const random = new Random(4);
  const [count, dim] = [300, 5];
  const data = Float32Array.from({ length: count * dim }, () => random.normal());
  const { near, squares } = await nearestNeighbours(tf, { data, count, dim }, 7);
  const square = (p: number, q: number) =>
    range(dim).reduce((sum, d) => sum + (data[p * dim + d]! - data[q * dim + d]!) ** 2, 0);
  for (const p of [0, 17, 299]) {
    const sorted = range(count).sort((a, b) => square(p, a) - square(p, b));
    expect(near[p]).toEqual(sorted.slice(0, 7));
    near[p]!.forEach((q, i) => expect(squares[p]![i]).toBeCloseTo(square(p, q), 4));
  }
});

describe('Jaccard distances of five points on a line, by hand', () => {
  // With k = 1 everybody is compared by the nearest other: 0 and 1 are each other's, 10 and 11 too;
  // 13's nearest is 11, which it is not the nearest of, so that 13 stands alone.
  const near = nearestNeighbours(tf, line(0, 1, 10, 11, 13), 3);

  test('two that are each other’s nearest', async () => {
    const distances = jaccardDistances(await near, { k: 1, expand: 1 });
    // Each is [1, e^-1] / (1 + e^-1) of itself and the other: the smaller of both, twice.
    const shared = (2 * Math.exp(-1)) / (1 + Math.exp(-1));
    expect(distances[0]!.get(1)).toBeCloseTo(1 - shared / (2 - shared), 6);
    expect(distances[1]!.get(0)).toBe(distances[0]!.get(1));
    expect(distances[2]!.get(3)).toBeCloseTo(distances[0]!.get(1)!, 6);
  });

  test('one that nobody has for its nearest is at the distance 1 from all', async () => {
    const distances = jaccardDistances(await near, { k: 1, expand: 1 });
    expect(distances[4]!.size).toBe(0);
    expect(distances[3]!.has(4)).toBe(false);
  });

  test('with its neighbour’s membership mixed in, it comes nearer', async () => {
    const distances = jaccardDistances(await near, { k: 1, expand: 2 });
    // 13 is half itself, half 11; 11 is itself and 10's mean, [a, 1 - a] each way round: halves.
    expect(distances[4]!.get(3)).toBeCloseTo(1 - 0.5 / 1.5, 6);
    expect(distances[0]!.get(1)).toBeCloseTo(0, 6);
  });
});

describe('DBSCAN', () => {
  const chain = (pairs: [number, number][], count: number) => {
    const distances = range(count).map(() => new Map<number, number>());
    for (const [p, q] of pairs) {
      distances[p]!.set(q, 0.2);
      distances[q]!.set(p, 0.2);
    }
    return distances;
  };

  test('cores that touch are one cluster, their borders belong to it, the rest to none', () => {
    // 1 and 2 have three around them with themselves; 0 and 3 are borders; 4 and 5 only have each other.
    const distances = chain(
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [4, 5],
      ],
      7,
    );
    const { of, clusters } = dbscan(distances, { within: 0.3, least: 3 });
    expect([...of]).toEqual([0, 0, 0, 0, -1, -1, -1]);
    expect(clusters).toBe(1);
  });

  test('what is farther than asked does not touch', () => {
    const { of, clusters } = dbscan(chain([[0, 1]], 2), { within: 0.1, least: 1 });
    expect([...of]).toEqual([0, 1]);
    expect(clusters).toBe(2);
  });
});
