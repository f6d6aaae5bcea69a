import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bestSimilarities, chooseThreshold } from '../../shared/fewshot/open-set.ts';
import { range } from '../../shared/math/random.ts';

const cosines = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { maxLength: 200 });
const shares = fc.double({ min: 0, max: 1, noNaN: true });

describe('the threshold of the unknown', () => {
  test('by hand: two of ten strange images may come in, and half of the known ones must', () => {
    const strange = Float32Array.from(range(10), (i) => i / 10);
    const chosen = chooseThreshold(Float32Array.of(0.9, 0.8, 0.7, 0.5), strange, 0.2);
    expect(chosen).toEqual({
      ...{ threshold: expect.closeTo(0.75, 6), falseAccept: 0.2, falseReject: 0.5 },
    });
  });

  test('keeps the stated share, and no lower threshold would', () => {
    fc.assert(
      fc.property(cosines, cosines, shares, (known, strange, share) => {
        const images = Float32Array.from(strange);
        const chosen = chooseThreshold(Float32Array.from(known), images, share);
        expect(chosen.falseAccept).toBeLessThanOrEqual(share);
        const refused = images.filter((score) => score < chosen.threshold);
        const accepted = (threshold: number) =>
          images.filter((score) => score >= threshold).length / images.length;
        if (refused.length > 0) expect(accepted(Math.max(...refused))).toBeGreaterThan(share);
        const rejected = known.filter((score) => score < chosen.threshold).length;
        expect(chosen.falseReject).toBe(known.length === 0 ? 0 : rejected / known.length);
      }),
      { seed: 1 },
    );
  });

  test('nothing strange comes in at zero, and nothing is unknown at one', () => {
    const some = Float32Array.of(1, 0.5);
    expect(chooseThreshold(some, some, 0)).toMatchObject({ falseAccept: 0, falseReject: 1 });
    expect(chooseThreshold(some, some, 1)).toMatchObject({ threshold: -1, falseReject: 0 });
  });

  test('nothing is unknown where there is nothing to measure by', () => {
    const none = new Float32Array(0);
    const nothing = { threshold: -1, falseAccept: 0, falseReject: 0 };
    expect(chooseThreshold(none, none, 0)).toEqual(nothing);
  });
});

test('a strange image is a known one whose class is not there', () => {
  const scores = Float32Array.of(0.9, 0.2, 0.4, 0.1, 0.3, 0.8);
  const { known, strange } = bestSimilarities(scores, [0, 1], 3);
  expect(known).toEqual(Float32Array.of(0.9, 0.8));
  expect(strange).toEqual(Float32Array.of(0.4, 0.8));
});
