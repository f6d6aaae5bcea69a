// What a crowd makes of many messages. A scheme that rounds at random owes its volunteers that the
// errors cancel; one with feedback owes them a contraction, and pays the rest later.

import { describe, expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { norm } from '../../shared/weights/delta.ts';
import { SCHEMES, type SchemeId } from '../../shared/weights/schemes/index.ts';
import { distance, heavyTailed, normal } from '../kit/deltas.ts';

const IDS = Object.keys(SCHEMES) as SchemeId[];
const CONTRACTIONS = IDS.filter((id) => SCHEMES[id].feedback);
/** Those without feedback err at random, or so little that it does not matter. */
const EXACT: SchemeId[] = ['float32', 'float16'];
const AT_RANDOM = IDS.filter((id) => !SCHEMES[id].feedback && !EXACT.includes(id));

const MESSAGES = 1000;
const DIRECTIONS = 40;

/** Small numbers in the shadow of a large one: what rounding to nearest would lose from every message. */
const SHADOW = Float32Array.from({ length: 300 }, (_, i) => (i % 256 === 0 ? 127 : 0.03));
const DELTAS = {
  SHADOW,
  TAILS: heavyTailed(300),
  TINY: normal(70).map((x) => x * 1e-30),
};

/** How far the decoded messages' mean is off along each direction, in its standard errors. */
function errorsAlong(id: SchemeId, delta: Float32Array, directions: Float32Array[]): number[] {
  const random = new Random(11);
  const sums = directions.map(() => ({ first: 0, second: 0 }));
  for (let k = 0; k < MESSAGES; k++) {
    const decoded = open(encode(id, delta, random), { count: delta.length }).decode();
    directions.forEach((direction, d) => {
      const off = direction.reduce((sum, u, i) => sum + u * (decoded[i]! - delta[i]!), 0);
      sums[d]!.first += off;
      sums[d]!.second += off * off;
    });
  }
  return sums.map(({ first, second }) => {
    const mean = first / MESSAGES;
    const variance = second / MESSAGES - mean * mean;
    return mean / Math.sqrt(variance / MESSAGES);
  });
}

describe.each(AT_RANDOM)('scheme %s is unbiased', (id) => {
  test.each(Object.entries(DELTAS))('over many messages of %s', (_, delta) => {
    const ones = new Float32Array(delta.length).fill(1);
    const directions = [ones, delta, ...range(DIRECTIONS).map((d) => normal(delta.length, d))];
    const errors = errorsAlong(id, delta, directions);
    // Standard normal where there is no bias: one of 42 above 4.5 comes once in 3,500 runs. They share
    // what the messages have in common, so their mean square varies more than that of 42 on their own.
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(4.5);
    const squares = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
    expect(squares).toBeLessThan(2);
  });

  test('so a crowd comes closer to the delta than any one of it', () => {
    const delta = heavyTailed(2000);
    const random = new Random(5);
    const sum = new Float64Array(delta.length);
    for (let k = 0; k < 100; k++)
      open(encode(id, delta, random), { count: 2000 }).accumulate(sum, 1 / 100);
    const one = distance(open(encode(id, delta, random), { count: 2000 }).decode(), delta);
    // Ten times closer, by the root of a hundred.
    expect(distance(sum, delta)).toBeLessThan(one / 8);
    expect(distance(sum, delta)).toBeGreaterThan(one / 12);
  });
});

describe.each(EXACT)('scheme %s rounds to nearest', (id) => {
  test('with an error too small for a crowd to see', () => {
    const delta = heavyTailed(5000);
    const decoded = open(encode(id, delta, new Random(1)), { count: 5000 }).decode();
    expect(distance(decoded, delta)).toBeLessThan(2.5e-4 * norm(delta));
  });
});

describe.each(CONTRACTIONS)('scheme %s is a contraction', (id) => {
  test.each([1, 2, 3, 8, 33, 256, 1000, 2048])('of %d numbers, whatever they are', (count) => {
    const spike = new Float32Array(count);
    spike[count >> 1] = -3;
    const deltas = [normal(count), heavyTailed(count), spike, new Float32Array(count).fill(0.1)];
    for (const [seed, delta] of deltas.entries()) {
      const decoded = open(encode(id, delta, new Random(seed)), { count }).decode();
      // 1 - delta of Karimireddy et al. 2019: here 1/32 for topk, 1/1024 for onebit; +: bfloat16.
      expect(distance(decoded, delta)).toBeLessThan(Math.sqrt(1 - 1 / 1024) * norm(delta) + 1e-9);
    }
  });
});
