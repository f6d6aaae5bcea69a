import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  accuracyOver,
  drawEpisode,
  fewShotAccuracy,
  intervalOf,
  rowsByClass,
  shareRight,
} from '../../shared/evaluate/episodes.ts';
import { prototype } from '../../shared/fewshot/heads/prototype.ts';
import { Random, range } from '../../shared/math/random.ts';

const LABELS = range(60).map((row) => [7, 3, 11, 4][row % 4]!);
const SHAPE = { ways: 3, shots: 2, queries: 4 };

test('an episode has the asked number of classes and images, none twice, support and queries apart', () => {
  const shapes = fc.record({
    ways: fc.integer({ min: 1, max: 4 }),
    shots: fc.integer({ min: 1, max: 7 }),
    queries: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(shapes, fc.nat(), (shape, seed) => {
      const { ways, shots, queries } = shape;
      const { support, query } = drawEpisode(rowsByClass(LABELS), shape, new Random(seed));
      expect([support.length, query.length]).toEqual([ways * shots, ways * queries]);
      expect(new Set([...support, ...query]).size).toBe(ways * (shots + queries));
      const classes = support.map((row) => LABELS[row]!);
      expect(new Set(classes).size).toBe(ways);
      range(ways).forEach((way) => {
        const own = new Set([
          ...classes.slice(way * shots, (way + 1) * shots),
          ...query.slice(way * queries, (way + 1) * queries).map((row) => LABELS[row]!),
        ]);
        expect(own.size).toBe(1);
      });
    }),
    { seed: 1 },
  );
});

test('every class and every image is drawn equally often', () => {
  const random = new Random(5);
  const seen = new Map<number, number>();
  for (let i = 0; i < 2000; i++) {
    const { support, query } = drawEpisode(rowsByClass(LABELS), SHAPE, random);
    for (const row of [...support, ...query]) seen.set(row, (seen.get(row) ?? 0) + 1);
  }
  // 2000 episodes of 18 of 60 images: 600 each, the deviation of a binomial 20.
  expect(seen.size).toBe(60);
  for (const times of seen.values()) expect(Math.abs(times - 600)).toBeLessThan(5 * 21);
});

test('too few classes with enough images are refused', () => {
  const classes = rowsByClass([0, 0, 0, 1, 1, 2, 2, 2]);
  const shape = { ways: 3, shots: 1, queries: 2 };
  expect(() => drawEpisode(classes, shape, new Random(1))).toThrow('2 classes have 1 + 2 images');
});

test('the interval of 0.4, 0.6, 0.8 by hand: 0.6, 1.96 times 0.2 / sqrt(3)', () => {
  const { mean, halfWidth } = intervalOf([0.4, 0.6, 0.8]);
  expect(mean).toBeCloseTo(0.6, 12);
  expect(halfWidth).toBeCloseTo((1.96 * 0.2) / Math.sqrt(3), 12);
});

test('the share right by hand', () => {
  const scores = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.3, 0.4, 0.1, 0.2);
  expect(shareRight(scores, { ways: 2, shots: 1, queries: 2 })).toBe(0.75);
});

test('the interval holds the true accuracy of a learner that guesses', async () => {
  const random = new Random(2);
  const guess = () => Float32Array.from({ length: 36 }, () => random.next());
  const { mean, halfWidth } = await accuracyOver(LABELS, SHAPE, { episodes: 800, seed: 1 }, guess);
  expect(halfWidth).toBeLessThan(0.012);
  expect(Math.abs(mean - 1 / 3)).toBeLessThan(1.5 * halfWidth);
});

test('prototypes of embeddings that lie apart are right, whatever their length; the same seed is the same', async () => {
  const random = new Random(4);
  const embeddings = Float32Array.from(
    LABELS.flatMap((label) => {
      const length = random.uniform(0.1, 9);
      return range(12).map((d) => length * ((d === label ? 1 : 0) + 0.1 * random.normal()));
    }),
  );
  const of = { embeddings, dim: 12, labels: LABELS, head: prototype };
  const right = await fewShotAccuracy(of, SHAPE, { episodes: 30, seed: 3 });
  expect(right).toEqual({ mean: 1, halfWidth: 0, episodes: 30 });
  const noise = { ...of, embeddings: embeddings.map(() => random.normal()) };
  const once = await fewShotAccuracy(noise, SHAPE, { episodes: 30, seed: 3 });
  expect(await fewShotAccuracy(noise, SHAPE, { episodes: 30, seed: 3 })).toEqual(once);
  expect(once.mean).toBeLessThan(0.7);
});
