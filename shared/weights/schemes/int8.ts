import type { Random } from '../../math/random.ts';
import { LARGEST_FLOAT32, roundUp } from '../../math/rounding.ts';
import { viewOf, type Scheme } from './scheme.ts';

/** Values that share a scale: 4 bytes in 256 cost 1.6 %, and one outlier coarsens only its block. */
const BLOCK = 256;
const SCALE_BYTES = 4;
const TOP = 127;

/** The largest scale of which 128 times is still a float32, so that no code decodes to Infinity. */
const LARGEST_SCALE = LARGEST_FLOAT32 / 128;

/**
 * One byte a parameter: `value = scale * code`, symmetric, a float32 scale for every 256 values.
 * Payload: all scales, then all codes, so that the codes are one Int8Array at any alignment.
 *
 * Codes are rounded at random, up with the probability of the fraction (QSGD, Alistarh et al.
 * 2017), so the expected value is the value itself. Rounding to nearest errs 1.4 to 2 times less in
 * one delta, but what is below half a step vanishes from every volunteer's delta alike, and no
 * crowd brings it back. L2 error of the mean, log-normal tails, volunteers that differ by 10 %:
 *
 *     volunteers    1       10      100     300
 *     nearest       2.2 %   1.3 %   1.1 %   1.1 %
 *     at random     3.2 %   1.0 %   0.3 %   0.2 %
 *
 * Where volunteers differ by four times the signal, their noise dithers for us and nearest stays
 * ahead (0.58 against 0.70 % at 300), but there the rounding is the least of a round's errors.
 */
export const int8: Scheme = {
  number: 2,
  title: 'int8, a scale for every 256 values, rounded at random',
  paper: 'https://arxiv.org/abs/1610.02132',
  feedback: false,

  bytes: (count) => SCALE_BYTES * blocksOf(count) + count,

  encode(values, out, random) {
    const { scales, codes } = parts(out, values.length);
    for (let block = 0, i = 0; i < values.length; block++) {
      const end = Math.min(i + BLOCK, values.length);
      const scale = scaleOf(values, i, end);
      scales.setFloat32(SCALE_BYTES * block, scale, true);
      if (scale === 0) codes.fill(0, i, end);
      else quantise(values, codes, i, end, scale, random);
      i = end;
    }
  },

  accumulate(payload, sum, weight) {
    const { scales, codes } = parts(payload, sum.length);
    for (let block = 0, i = 0; i < sum.length; block++) {
      const end = Math.min(i + BLOCK, sum.length);
      const step = weight * scales.getFloat32(SCALE_BYTES * block, true);
      for (; i < end; i++) sum[i]! += step * codes[i]!;
    }
  },

  decodeInto(payload, out) {
    const { scales, codes } = parts(payload, out.length);
    for (let block = 0, i = 0; i < out.length; block++) {
      const end = Math.min(i + BLOCK, out.length);
      const scale = scales.getFloat32(SCALE_BYTES * block, true);
      for (; i < end; i++) out[i] = scale * codes[i]!;
    }
  },

  squares(payload, count) {
    const { scales, codes } = parts(payload, count);
    let total = 0;
    for (let block = 0, i = 0; i < count; block++) {
      const end = Math.min(i + BLOCK, count);
      // Whole numbers below 2^31: exact, and integer arithmetic is what makes this loop fast.
      let squares = 0;
      for (; i < end; i++) squares += codes[i]! * codes[i]!;
      total += scales.getFloat32(SCALE_BYTES * block, true) ** 2 * squares;
    }
    return total;
  },

  // Written so that NaN is refused too.
  finite(payload, count) {
    const { scales } = parts(payload, count);
    for (let block = 0; block < blocksOf(count); block++)
      if (!(Math.abs(scales.getFloat32(SCALE_BYTES * block, true)) <= LARGEST_SCALE)) return false;
    return true;
  },
};

function blocksOf(count: number): number {
  return Math.ceil(count / BLOCK);
}

function parts(payload: Uint8Array, count: number): { scales: DataView; codes: Int8Array } {
  const start = SCALE_BYTES * blocksOf(count);
  const codes = new Int8Array(payload.buffer, payload.byteOffset + start, count);
  return { scales: viewOf(payload.subarray(0, start)), codes };
}

/** 127 times it reach the block's largest magnitude. */
function scaleOf(values: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return Math.min(roundUp(largest / TOP), LARGEST_SCALE);
}

function quantise(
  values: Float32Array,
  codes: Int8Array,
  start: number,
  end: number,
  scale: number,
  random: Random,
): void {
  for (let i = start; i < end; i++) {
    const code = Math.floor(values[i]! / scale + random.next());
    // Outside only for values above 127 * LARGEST_SCALE, within 0.8 % of the end of float32.
    codes[i] = code > TOP ? TOP : code < -TOP ? -TOP : code;
  }
}
