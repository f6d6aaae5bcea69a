import { rotated } from '../rotated.ts';
import type { Scheme } from './scheme.ts';

/** Numbers that are rotated together and share a scale: 0.004 bytes a parameter for the scale. */
const BLOCK = 1024;

/**
 * An eighth of a byte a parameter: blocks of 1024 are rotated by a randomised Hadamard transform, and
 * of each rotated number only its sign is sent, `value = rotated back (scale * sign)` (DRIVE,
 * Vargaftik et al. 2021; EDEN 2022 at one bit).
 * Payload: the rotation's seed, a float32 scale a block, the signs eight a byte, low bit first, 1 for
 * a negative number.
 *
 * DRIVE has two scales. `||y||^2 / ||y||_1` makes one message unbiased, over the rotations, and errs by
 * pi/2 - 1 = 0.57 of ||x||^2. `||y||_1 / n`, taken here, errs least: 1 - 2/pi = 0.36, and never more
 * than 1 - 1/n whatever x is, which makes it the contraction that error feedback is proven for
 * (Karimireddy et al. 2019, theorem II; the other scale's error has no bound below n - 1). It shrinks
 * every delta by 2/pi, and the feedback sends the rest after it.
 */
export const onebit: Scheme = {
  number: 5,
  title: '1 bit, rotated, a scale for every 1024 values, with error feedback',
  paper: 'https://arxiv.org/abs/2105.08339',
  feedback: true,

  ...rotated({
    ...{ block: BLOCK, bits: 1, top: 1 },

    fit(block, signs, start) {
      let sum = 0;
      for (let i = 0; i < block.length; i++) {
        sum += Math.abs(block[i]!);
        signs[(start + i) >> 3]! |= Number(block[i]! < 0) << ((start + i) & 7);
      }
      // A mean magnitude is at most the root of the mean square, which the rotation keeps: finite.
      return sum / block.length;
    },

    levelAt: (signs, i) => 1 - 2 * ((signs[i >> 3]! >> (i & 7)) & 1),

    // Every level is 1 or -1.
    squares: (_, __, size) => size,
  }),
};
