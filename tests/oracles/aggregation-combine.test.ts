import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CombineId } from '../../shared/aggregation/ids.ts';
import { coordinateMedian } from './coordinate-median.ts';
import type { Client } from './fedavg.ts';
import { geometricMedian, sumOfDistances } from './geometric-median.ts';
import { krum, multiKrum } from './krum.ts';
import { lDawa } from './l-dawa.ts';
import { crowd, expectClose, layersOf, served } from './served.ts';
import { trimmedMean } from './trimmed-mean.ts';

const SIZES = [3, 1, 4];
const SIZE = 8;
const START = [0.5, -1, 2, 1, -0.3, 0.7, 1.1, -2];

type Vectors = number[][];

/** Clients of one round, from a seed: no two of them alike, so that no rule has to choose. */
const clients = (least: number, most = 16) =>
  fc
    .tuple(fc.nat(1e6), fc.integer({ min: least, max: most }))
    .map(([seed, length]) => crowd(seed, SIZE, 1, length)[0]!);

const weightsOf = (of: readonly Client[]): Vectors => of.map(({ weights }) => weights);

/** The weights after a round in which every delta is a part. */
function after(of: readonly Client[], combine: CombineId, settings: Record<string, number> = {}) {
  const config = { combine, settings: { buckets: 64, ...settings } };
  return served(START, [of], config, layersOf(...SIZES));
}

/** That a rule which moves with its vectors comes to what the slow one makes of the weights. */
async function expectSame(
  combine: CombineId,
  slow: (vectors: Vectors) => readonly number[],
  { least = 3, settings = {} }: { least?: number; settings?: Record<string, number> } = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(clients(least), async (of) => {
      expectClose(await after(of, combine, settings), slow(weightsOf(of)));
    }),
  );
}

describe('trimmed mean', () => {
  test('by hand: 1, 2, 6 and 100 without the ends', async () => {
    const of = [6, 1, 100, 2].map((weight) => ({ weights: [weight], examples: weight }));
    const settings = { trimShare: 0.25 };
    expect(trimmedMean([[6], [1], [100], [2]], 0.25)).toEqual([4]);
    expectClose(await served([0], [of], { combine: 'trimmed-mean', settings }), [4]);
  });

  test('0.28 of 25 are 7, though not in binary', async () => {
    expect(0.28 * 25).toBeGreaterThan(7);
    const of = Array.from({ length: 25 }, (_, i) => ({ weights: [i ** 2], examples: 1 }));
    const settings = { trimShare: 0.28, buckets: 25 };
    // 49 + 64 + ... + 289, eleven of them.
    expectClose(await served([0], [of], { combine: 'trimmed-mean', settings }), [1694 / 11]);
  });

  test.each([0.01, 0.1, 0.2, 0.25, 0.3])('as the slow one at %d', async (trimShare) => {
    const slow = (vectors: Vectors) => trimmedMean(vectors, trimShare);
    // Of four, 0.3 at each end are all.
    await expectSame('trimmed-mean', slow, { least: 5, settings: { trimShare } });
  });
});

describe('coordinate-wise median', () => {
  test('by hand: of three and of four', async () => {
    const of = [6, 1, 100, 2].map((weight) => ({ weights: [weight], examples: weight }));
    expect([coordinateMedian([[6], [1], [100]]), coordinateMedian([[6], [1], [100], [2]])]).toEqual(
      [[6], [4]],
    );
    const combine = 'coordinate-median';
    expectClose(await served([0], [of.slice(0, 3)], { combine }), [6]);
    expectClose(await served([0], [of], { combine }), [4]);
  });

  test('as the slow one', () => expectSame('coordinate-median', coordinateMedian));
});

describe('geometric median', () => {
  test('as the slow one', () =>
    expectSame('geometric-median', (vectors) => geometricMedian(vectors, 1e-6, 500)));

  test('as the slow one, smoothed until it is the mean', () =>
    expectSame('geometric-median', (vectors) => geometricMedian(vectors, 1, 500), {
      settings: { smoothing: 1 },
    }));

  test('no point nearby is closer to all of them', async () => {
    await fc.assert(
      fc.asyncProperty(clients(3), fc.nat(SIZE - 1), async (of, axis) => {
        const vectors = weightsOf(of);
        const got = await after(of, 'geometric-median');
        for (const step of [-0.01, 0.01]) {
          const beside = got.map((value, i) => (i === axis ? value + step : value));
          expect(sumOfDistances(vectors, beside)).toBeGreaterThan(sumOfDistances(vectors, got));
        }
      }),
    );
  });

  test('three at one place and two anywhere: the one place', async () => {
    const at = (weights: number[]) => ({ weights, examples: 9 });
    const of = [at([50, -3]), at([1, 2]), at([1, 2]), at([-900, 7]), at([1, 2])];
    expectClose(await served([0, 0], [of], { combine: 'geometric-median' }), [1, 2]);
  });
});

describe('Krum', () => {
  // To the two nearest of the other four: 1 + 9 from 0, 1 + 4 from 1, 4 + 9 from 3, far more from 12.
  test('by hand: 0, 1, 3, 12 and 90 with one bad', async () => {
    const vectors = [[90], [0], [12], [1], [3]];
    const of = vectors.map((weights) => ({ weights, examples: 1 }));
    expect([krum(vectors, 1), multiKrum(vectors, 1, 2)]).toEqual([[1], [0.5]]);
    expectClose(await served([0], [of], { combine: 'krum' }), [1]);
    expectClose(await served([0], [of], { combine: 'multi-krum' }), [0.5]);
  });

  test.each([0, 1, 2, 4])('as the slow one with %d bad', async (f) => {
    const settings = { krumByzantine: f };
    const least = Math.max(2 * f + 3, 4);
    await expectSame('krum', (vectors) => krum(vectors, f), { least, settings });
  });

  test.each([0, 1, 2, 4])('as the slow one with %d bad, the best n - f - 2', async (f) => {
    const settings = { krumByzantine: f };
    const least = Math.max(2 * f + 3, 4);
    const slow = (vectors: Vectors) => multiKrum(vectors, f, vectors.length - f - 2);
    await expectSame('multi-krum', slow, { least, settings });
  });
});

describe('L-DAWA', () => {
  // At right angles to (2, 0) is (2, 2) by half: the cosine is sqrt(1/2).
  test('by hand: one at 45 degrees, one straight on', async () => {
    const of = [
      { weights: [2, 2], examples: 1 },
      { weights: [4, 0], examples: 1000 },
    ];
    const half = Math.SQRT1_2;
    expectClose(await served([2, 0], [of], { combine: 'l-dawa' }), [half + 2, half]);
  });

  test('as the slow one, layer by layer', () =>
    expectSame('l-dawa', (vectors) => lDawa(vectors, START, SIZES), { least: 1 }));

  test('a layer of zeros, before or after, is averaged plainly', async () => {
    const of = [
      { weights: [3, 1, 0], examples: 1 },
      { weights: [1, 1, 0], examples: 1 },
    ];
    expectClose(await served([0, 0, 5], [of], { combine: 'l-dawa' }, layersOf(2, 1)), [2, 1, 0]);
  });
});

describe('bucketing', () => {
  /** Karimireddy et al. 2022, algorithm 1, with turns for its random order: the means of the buckets. */
  const bucketMeans = (of: readonly Client[], buckets: number): Vectors =>
    Array.from({ length: Math.min(buckets, of.length) }, (_bucket, b) => {
      const inside = of.filter((_client, k) => k % buckets === b);
      const total = inside.reduce((sum, { examples }) => sum + examples, 0);
      return START.map((_, i) =>
        inside.reduce((sum, { weights, examples }) => sum + (examples / total) * weights[i]!, 0),
      );
    });

  test.each<[CombineId, (vectors: Vectors) => readonly number[]]>([
    ['trimmed-mean', (vectors) => trimmedMean(vectors, 0.2)],
    ['coordinate-median', coordinateMedian],
    ['geometric-median', (vectors) => geometricMedian(vectors, 1e-6, 500)],
    ['krum', (vectors) => krum(vectors, 1)],
    ['multi-krum', (vectors) => multiKrum(vectors, 1, vectors.length - 3)],
  ])('%s of the means of buckets', async (combine, slow) => {
    await fc.assert(
      fc.asyncProperty(clients(5, 30), fc.integer({ min: 5, max: 9 }), async (of, buckets) => {
        expectClose(await after(of, combine, { buckets }), slow(bucketMeans(of, buckets)));
      }),
    );
  });

  test('L-DAWA weighs a bucket by its deltas', async () => {
    const of = crowd(3, SIZE, 1, 7)[0]!;
    const means = bucketMeans(of, 3);
    // Buckets of three, two and two: a mean that counts each as often is the oracle's.
    const often = means.flatMap((mean, b) => Array.from({ length: b === 0 ? 3 : 2 }, () => mean));
    expectClose(await after(of, 'l-dawa', { buckets: 3 }), lDawa(often, START, SIZES));
  });
});
