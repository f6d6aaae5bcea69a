import { describe, expect, test } from 'vitest';
import { bankOf, scoresOf } from '../../shared/fewshot/bank.ts';
import { fitScale } from '../../shared/fewshot/calibrate.ts';
import { reliabilityOf } from '../../shared/fewshot/calibration-error.ts';
import type { FewShotHead } from '../../shared/fewshot/contract.ts';
import { matching } from '../../shared/fewshot/heads/matching.ts';
import { nearestMean } from '../../shared/fewshot/heads/nearest-mean.ts';
import { prototype } from '../../shared/fewshot/heads/prototype.ts';
import { supportsOf } from '../../shared/fewshot/supports.ts';
import { Random, range } from '../../shared/math/random.ts';
import { expectedCalibrationError } from './calibration-error.ts';
import { matchingShares } from './matching.ts';
import { squaredDistances } from './nearest-mean.ts';
import {
  likeliestScale,
  negativeLogLikelihood,
  prototypeScores,
  type Example,
} from './prototypes.ts';

type World = { dim: number; ways: number; support: Example[]; queries: number[][] };

/** Classes of unlike sizes, or all of one, and queries; every embedding of unit length. */
function world(seed: number, sizes?: number): World {
  const random = new Random(seed);
  const dim = 2 + random.int(20);
  const ways = 1 + random.int(6);
  const row = () => {
    const numbers = range(dim).map(() => random.normal());
    return numbers.map((value) => value / Math.hypot(...numbers));
  };
  // Every class once, then whichever.
  const more = sizes === undefined ? range(20).map(() => random.int(ways)) : [];
  const labels = [...range(ways * (sizes ?? 1)).map((i) => i % ways), ...more];
  const support = labels.map((label) => ({ z: row(), label }));
  return { dim, ways, support, queries: range(7).map(row) };
}

const SEEDS = [1, 2, 3, 4, 5];

/** What a head says, one row a query. */
function rowsOf(head: FewShotHead, { dim, ways, support, queries }: World): number[][] {
  const z = Float32Array.from(support.flatMap((example) => example.z));
  const labels = support.map(({ label }) => label);
  const bank = bankOf(head, supportsOf(z, labels, ways, dim), dim);
  const scores = scoresOf(bank, Float32Array.from(queries.flat()));
  return queries.map((_, q) => [...scores.subarray(q * ways, (q + 1) * ways)]);
}

function expectClose(got: number[][], expected: number[][], digits = 5) {
  expect(got.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  expected.forEach((row, q) =>
    row.forEach((value, way) => expect(got[q]![way]).toBeCloseTo(value, digits)),
  );
}

describe('prototypes', () => {
  test('by hand: the mean of (1, 0) and (0, 1) has the cosine 0.7071 with either', () => {
    const support = [
      { z: [1, 0], label: 0 },
      { z: [0, 1], label: 0 },
      { z: [-1, 0], label: 1 },
    ];
    const queries = [
      [1, 0],
      [0, 1],
    ];
    const scores = rowsOf(prototype, { dim: 2, ways: 2, support, queries });
    expectClose(scores, [
      [Math.SQRT1_2, -1],
      [Math.SQRT1_2, 0],
    ]);
  });

  test.each(SEEDS)('are the slow ones, for supports of any size (%d)', (seed) => {
    const one = world(seed);
    expectClose(rowsOf(prototype, one), prototypeScores(one.support, one.queries, one.ways));
  });

  test('whose examples cancel out are like nothing', () => {
    const support = [
      { z: [1, 0], label: 0 },
      { z: [-1, 0], label: 0 },
    ];
    expect(rowsOf(prototype, { dim: 2, ways: 1, support, queries: [[1, 0]] })).toEqual([[0]]);
  });
});

test.each(SEEDS)('nearest means: 1 - d^2 / 2 of the slow distances (%d)', (seed) => {
  const one = world(seed);
  const distances = squaredDistances(one.support, one.queries, one.ways);
  const expected = distances.map((row) => row.map((distance) => 1 - distance / 2));
  expectClose(rowsOf(nearestMean, one), expected);
});

/** The head's own sharpness: where classes have one example each, attention is a softmax over cosines. */
test.each(SEEDS)("matching: a softmax over the scores is the paper's attention (%d)", (seed) => {
  const one = world(seed, 3);
  const shares = rowsOf(matching, one).map((row) => {
    const powers = row.map((score) => Math.exp(10 * score));
    const all = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / all);
  });
  expectClose(shares, matchingShares(one.support, one.queries, one.ways, 10));
});

describe('the fitted scale makes the held-out images likeliest', () => {
  /** Logits and the classes that images truly are of; `noise` moves every logit about. */
  function scored(images: number, ways: number, gap: number, noise: number, seed: number) {
    const random = new Random(seed);
    const labels = range(images).map(() => random.int(ways));
    const scores = labels.map((label) =>
      range(ways).map((way) => (way === label ? gap : 0) + noise * random.normal()),
    );
    return { scores, labels };
  }

  const fit = ({ scores, labels }: ReturnType<typeof scored>) =>
    fitScale(Float32Array.from(scores.flat()), labels, scores[0]!.length);

  test.each([
    ['too cautious', scored(200, 5, 1, 0.3, 1)],
    ['too sure', scored(200, 5, 8, 8, 2)],
    ['hardly right', scored(300, 3, 0.5, 1, 6)],
    ['two classes', scored(50, 2, 2, 2, 3)],
    ['many classes', scored(100, 40, 5, 2, 4)],
    // Right a hundred times by a little, wrong once by far: caution is likelier.
    [
      'one that is far off',
      {
        scores: [...range(100).map(() => [1, 0]), [20, 0]],
        labels: [...range(100).map(() => 0), 1],
      },
    ],
  ])('%s', (_, data) => {
    const [fast, slow] = [fit(data), likeliestScale(data.scores, data.labels)];
    expect(slow).toSatisfy((scale: number) => scale > 0.05 && scale < 20);
    expect(Math.abs(Math.log(fast / slow))).toBeLessThan(0.01);
    const losses = [fast, slow].map((scale) =>
      negativeLogLikelihood(data.scores, data.labels, scale),
    );
    expect(losses[0]).toBeLessThan(losses[1]! + 1e-3);
  });

  test('at the ends of its range where the model is never right, or always', () => {
    const scores = [
      [0, 1],
      [0, 1],
    ];
    expect(fit({ scores, labels: [0, 0] })).toBeCloseTo(0.05, 3);
    expect(fit({ scores, labels: [1, 1] })).toBeCloseTo(20, 3);
  });

  test('is 1 where there is nothing to fit', () => {
    expect(fitScale(new Float32Array(0), [], 3)).toBe(1);
  });
});

describe('the calibration error', () => {
  test('by hand: sure to 0.75 four times, right twice', () => {
    const row = [Math.log(3), 0];
    const scores = Float32Array.from([row, row, row, row].flat());
    const { accuracy, calibrationError } = reliabilityOf(scores, [0, 0, 1, 1], 2, 1);
    expect([accuracy, calibrationError]).toEqual([0.5, expect.closeTo(0.25, 5)]);
  });

  test.each(SEEDS)('is the slow one, at any scale (%d)', (seed) => {
    const random = new Random(seed);
    const ways = 2 + random.int(6);
    const labels = range(120).map(() => random.int(ways));
    const scores = labels.map((label) =>
      range(ways).map((way) => (way === label ? 1 : 0) + random.normal()),
    );
    for (const scale of [0.3, 1, 4]) {
      const fast = reliabilityOf(Float32Array.from(scores.flat()), labels, ways, scale);
      expect(fast.calibrationError).toBeCloseTo(expectedCalibrationError(scores, labels, scale), 4);
    }
  });

  test('a class that is surely right is no error; no image is none either', () => {
    const sure = reliabilityOf(Float32Array.of(100, 0, 0, 100), [0, 1], 2, 1);
    expect(sure).toEqual({ accuracy: 1, calibrationError: expect.closeTo(0, 6) });
    const none = reliabilityOf(new Float32Array(0), [], 2, 1);
    expect(none).toEqual({ accuracy: 0, calibrationError: 0 });
  });
});
