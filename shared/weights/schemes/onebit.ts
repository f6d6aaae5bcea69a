import { blocksIn, eachBlock, Rotation } from '../../math/rotation.ts';
import { LARGEST_FLOAT32, saturate } from '../../math/rounding.ts';
import { viewOf, type Scheme } from './scheme.ts';

/** Numbers that are rotated together and share a scale: 0.004 bytes a parameter for the scale. */
const BLOCK = 1024;
const SEED_BYTES = 4;
const SCALE_BYTES = 4;

/** Up to this scale no number of a block leaves float32: at most sqrt(1024) times it. */
const SAFE_SCALE = LARGEST_FLOAT32 / Math.sqrt(BLOCK);

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

  bytes: (count) => SEED_BYTES + SCALE_BYTES * blocksIn(count, BLOCK) + Math.ceil(count / 8),

  encode(values, out, random) {
    out.fill(0);
    const { seed, scales, signs } = parts(out, values.length);
    seed.setUint32(0, random.uint32(), true);
    const rotation = new Rotation(seed.getUint32(0, true));
    eachBlock(values.length, BLOCK, (index, start, size) => {
      const block = blockOf(size);
      for (let i = 0; i < size; i++) block[i] = values[start + i]!;
      rotation.forward(block);
      let sum = 0;
      for (let i = 0; i < size; i++) {
        sum += Math.abs(block[i]!);
        signs[(start + i) >> 3]! |= Number(block[i]! < 0) << ((start + i) & 7);
      }
      // A mean magnitude is at most the root of the mean square, which the rotation keeps: finite.
      scales.setFloat32(SCALE_BYTES * index, sum / size, true);
    });
  },

  accumulate(payload, sum, weight) {
    eachDecoded(payload, sum.length, (block, start) => {
      for (let i = 0; i < block.length; i++) sum[start + i]! += weight * block[i]!;
    });
  },

  decodeInto(payload, out) {
    eachDecoded(payload, out.length, (block, start) => out.set(block, start));
  },

  // A rotation keeps lengths, so the scales tell, without turning anything back.
  squares(payload, count) {
    const { scales } = parts(payload, count);
    let total = 0;
    let saturated = false;
    eachBlock(count, BLOCK, (index, _, size) => {
      const scale = scales.getFloat32(SCALE_BYTES * index, true);
      saturated ||= Math.abs(scale) > SAFE_SCALE;
      total += size * scale ** 2;
    });
    return saturated ? squaresDecoded(payload, count) : total;
  },

  finite(payload, count) {
    const { scales } = parts(payload, count);
    for (let index = 0; index < blocksIn(count, BLOCK); index++)
      if (!Number.isFinite(scales.getFloat32(SCALE_BYTES * index, true))) return false;
    return true;
  },
};

type Parts = { seed: DataView; scales: DataView; signs: Uint8Array };

function parts(payload: Uint8Array, count: number): Parts {
  const start = SEED_BYTES + SCALE_BYTES * blocksIn(count, BLOCK);
  return {
    seed: viewOf(payload.subarray(0, SEED_BYTES)),
    scales: viewOf(payload.subarray(SEED_BYTES, start)),
    signs: payload.subarray(start, start + Math.ceil(count / 8)),
  };
}

/** Nothing here waits, so that one block of scratch is enough. */
const scratch = new Float64Array(BLOCK);

function blockOf(size: number): Float64Array {
  return size === BLOCK ? scratch : scratch.subarray(0, size);
}

/** Calls back with one decoded block after another, in scratch that the next one overwrites. */
function eachDecoded(
  payload: Uint8Array,
  count: number,
  visit: (block: Float64Array, start: number) => void,
): void {
  const { seed, scales, signs } = parts(payload, count);
  const rotation = new Rotation(seed.getUint32(0, true));
  eachBlock(count, BLOCK, (index, start, size) => {
    const block = blockOf(size);
    const scale = scales.getFloat32(SCALE_BYTES * index, true);
    for (let i = 0; i < size; i++) {
      const negative = (signs[(start + i) >> 3]! >> ((start + i) & 7)) & 1;
      block[i] = scale * (1 - 2 * negative);
    }
    rotation.inverse(block);
    // What the signs' rounding took past the end of float32 was within it before.
    if (Math.abs(scale) > SAFE_SCALE) for (let i = 0; i < size; i++) block[i] = saturate(block[i]!);
    visit(block, start);
  });
}

function squaresDecoded(payload: Uint8Array, count: number): number {
  let total = 0;
  eachDecoded(payload, count, (block) => {
    for (let i = 0; i < block.length; i++) total += block[i]! * block[i]!;
  });
  return total;
}
