import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fitMix,
  NOVEL_ODDS,
  heldOutCosines,
  softmax,
  unknownThreshold,
  type Mix,
} from '../../shared/fewshot/calibrate.ts';
import { Random, range } from '../../shared/math/random.ts';

const cosines = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 300,
});

describe('the threshold of the unknown', () => {
  test('by hand: of 101 known images two lie below', () => {
    const best = Float32Array.from(range(101), (i) => i / 101);
    expect(unknownThreshold(new Random(1).shuffle(best))).toBeCloseTo(2 / 101, 6);
  });

  test('calls at most 2 % of the known images unknown, and not one more could be called so', () => {
    fc.assert(
      fc.property(cosines, (values) => {
        const best = Float32Array.from(values);
        const threshold = unknownThreshold(best);
        const unknown = best.filter((value) => value < threshold).length;
        const notAbove = best.filter((value) => value <= threshold).length;
        expect(unknown / best.length).toBeLessThanOrEqual(0.02);
        expect(notAbove / (best.length - 1 || 1)).toBeGreaterThan(0.02);
      }),
      { seed: 1 },
    );
  });

  test('does not reorder the cosines', () => {
    const best = Float32Array.of(0.5, 0.1, 0.9);
    unknownThreshold(best);
    expect(best).toEqual(Float32Array.of(0.5, 0.1, 0.9));
  });

  test('nothing is unknown where there is nothing to measure by', () => {
    expect(unknownThreshold(new Float32Array(0))).toBe(-1);
  });
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

/** Base classes of a crowd: noisy logits, unit embeddings about a centre each. */
function crowd(seed: number, ways = 4, images = 40, dim = 6) {
  const random = new Random(seed);
  const normals = (n: number) => range(n).map(() => random.normal());
  const centres = range(ways).map(() => normals(dim));
  const labels = range(images).map((i) => i % ways);
  const near = (label: number) => {
    const row = normals(dim).map((value, d) => 0.6 * value + centres[label]![d]!);
    const length = Math.hypot(...row);
    return row.map((value) => Math.fround(value / length));
  };
  const z = labels.map(near);
  const logits = labels.map((label) =>
    range(ways).map((way) => Math.fround(1.5 * random.normal() + (way === label ? 3 : 0))),
  );
  const sums = centres.map((_, way) =>
    [near(way), near(way)].reduce((a, b) => a.map((value, d) => value + b[d]!)),
  );
  return { ways, dim, labels, z, logits, sums };
}

const flat = (rows: number[][]) => Float32Array.from(rows.flat());

test('held-out cosines: an image is compared with its class as the class is without it', () => {
  const { ways, dim, labels, z, sums } = crowd(1);
  const got = heldOutCosines(flat(sums), flat(z), labels, ways, dim);
  labels.forEach((_, i) =>
    range(ways).forEach((way) => {
      const others = z.filter((__, k) => labels[k] === way && k !== i);
      const prototype = [sums[way]!, ...others].reduce((a, b) =>
        a.map((value, d) => value + b[d]!),
      );
      const dot = prototype.reduce((sum, value, d) => sum + value * z[i]![d]!, 0);
      expect(got[i * ways + way]).toBeCloseTo(dot / Math.hypot(...prototype), 5);
    }),
  );
});

test('held-out cosines: a class of which the image is the only one is no direction at all', () => {
  expect([...heldOutCosines(new Float32Array(4), Float32Array.of(1, 0), [1], 2, 2)]).toEqual([
    0, 0,
  ]);
});

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
      const byPrototype = heldOutCosines(
        flat(data.sums),
        flat(data.z),
        data.labels,
        data.ways,
        data.dim,
      );
      const mix = fitMix(flat(data.logits), byPrototype, data.labels, data.ways);
      const found = cost(data, byPrototype, mix);
      for (let slope = 0.5; slope < 30; slope += 0.5)
        for (let offset = -20; offset < 20; offset += 0.5)
          expect(found).toBeLessThan(cost(data, byPrototype, { slope, offset }) + 1e-3);
    },
  );

  test('shifting all logits shifts the offset by as much and nothing else', () => {
    const data = crowd(4);
    const byPrototype = heldOutCosines(
      flat(data.sums),
      flat(data.z),
      data.labels,
      data.ways,
      data.dim,
    );
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
