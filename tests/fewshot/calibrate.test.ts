import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitMix, NOVEL_ODDS, softmax, type Mix } from '../../shared/fewshot/calibrate.ts';
import { prototype } from '../../shared/fewshot/heads/prototype.ts';
import { heldOutScores } from '../../shared/fewshot/held-out.ts';
import { range } from '../../shared/math/random.ts';
import { crowd, flat, seedOf } from './crowd.ts';

const cosines = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 300,
});

describe('softmax', () => {
  test('by hand: ln 3 apart is three to one; twice as sure, nine to one', () => {
    const scores = Float32Array.of(Math.log(3), 0);
    expect([...softmax(scores, 1)]).toEqual([expect.closeTo(0.75), expect.closeTo(0.25)]);
    expect([...softmax(scores, 2)]).toEqual([expect.closeTo(0.9), expect.closeTo(0.1)]);
  });

  test('sums to one at any scale, in the order of the scores', () => {
    fc.assert(
      fc.property(cosines, fc.double({ min: 0.05, max: 1000, noNaN: true }), (values, scale) => {
        const scores = Float32Array.from(values);
        const shares = softmax(scores, scale);
        expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
        expect(shares[scores.indexOf(Math.max(...scores))]).toBe(Math.max(...shares));
      }),
      { seed: 1 },
    );
  });
});

const heldOut = (data: ReturnType<typeof crowd>) =>
  heldOutScores(prototype, seedOf(data), flat(data.z), data.labels, data.dim);

describe('the mix of prototypes and classifier', () => {
  /** Each class in turn is scored by its prototype, the others by the classifier: the weighted mean of -log p(truth). */
  function cost(
    { logits, labels, ways }: ReturnType<typeof crowd>,
    byPrototype: Float32Array,
    { slope, offset }: Mix,
  ) {
    let [sum, weight] = [0, 0];
    for (const [i, label] of labels.entries())
      for (const novel of range(ways)) {
        const odds = label === novel ? NOVEL_ODDS : 1;
        weight += odds;
        const row = logits[i]!.map((logit, way) =>
          way === novel ? slope * byPrototype[i * ways + way]! + offset : logit,
        );
        const likely = row.reduce((all, score) => all + Math.exp(score), 0);
        sum += odds * (Math.log(likely) - row[label]!);
      }
    return sum / weight;
  }

  test.each([1, 2, 3])(
    'no other slope and offset makes the held-out images likelier (%d)',
    (seed) => {
      const data = crowd(seed);
      const byPrototype = heldOut(data);
      const mix = fitMix(flat(data.logits), byPrototype, data.labels, data.ways);
      const found = cost(data, byPrototype, mix);
      for (let slope = 0.5; slope < 30; slope += 0.5)
        for (let offset = -20; offset < 20; offset += 0.5)
          expect(found).toBeLessThan(cost(data, byPrototype, { slope, offset }) + 1e-3);
    },
  );

  test('shifting all logits shifts the offset by as much and nothing else', () => {
    const data = crowd(4);
    const byPrototype = heldOut(data);
    const fit = (shift: number) =>
      fitMix(
        flat(data.logits.map((row) => row.map((logit) => logit + shift))),
        byPrototype,
        data.labels,
        data.ways,
      );
    const [plain, shifted] = [fit(0), fit(3)];
    expect(shifted.slope).toBeCloseTo(plain.slope, 0);
    expect(shifted.offset - plain.offset).toBeCloseTo(3, 0);
  });
});
