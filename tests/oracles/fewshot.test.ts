import { describe, expect, test } from 'vitest';
import { fitScale } from '../../shared/fewshot/calibrate.ts';
import { prototype } from '../../shared/fewshot/prototype.ts';
import { Random, range } from '../../shared/math/random.ts';
import { likeliestScale, negativeLogLikelihood, prototypeScores } from './prototypes.ts';

describe('prototypes', () => {
  test('by hand: the mean of (1, 0) and (0, 1) has the cosine 0.7071 with either', () => {
    const fit = prototype.fit(Float32Array.of(1, 0, 0, 1, -1, 0), [0, 0, 1], 2, 2);
    const scores = prototype.scores(fit, Float32Array.of(1, 0, 0, 1));
    [Math.SQRT1_2, -1, Math.SQRT1_2, 0].forEach((score, i) =>
      expect(scores[i]).toBeCloseTo(score, 6),
    );
  });

  test('are the slow ones, for supports of any size', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const random = new Random(seed);
      const dim = 2 + random.int(20);
      const ways = 1 + random.int(6);
      const row = () => range(dim).map(() => random.normal());
      // Every class once, then whichever: of unlike sizes.
      const labels = [...range(ways), ...range(20).map(() => random.int(ways))];
      const support = labels.map((label) => ({ z: row(), label }));
      const queries = range(7).map(row);
      const z = Float32Array.from(support.flatMap((example) => example.z));
      const scores = prototype.scores(
        prototype.fit(z, labels, ways, dim),
        Float32Array.from(queries.flat()),
      );
      const slow = prototypeScores(support, queries, ways).flat();
      expect(scores).toHaveLength(slow.length);
      slow.forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 5));
    }
  });
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
