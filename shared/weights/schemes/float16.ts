import { LARGEST_FLOAT32 } from '../../math/rounding.ts';
import { viewOf, type Scheme } from './scheme.ts';

/** Values that share an exponent. */
const BLOCK = 256;
const HALF_BYTES = 2;

/**
 * The shared exponent puts a block's largest magnitude into [2^14, 2^15): one binade below the end
 * of a half, 65504, so that rounding up cannot reach infinity.
 */
const TOP_EXPONENT = 14;

/** The last half below 2^15: what would round up to that stays here, or the largest float32s would leave float32. */
const TOP_HALF = 0x77ff;

/** The least that is shared: the last denormal, 2^-149, is then a half's 2^-23. */
const LEAST_EXPONENT = -126;

/** Exponents are kept with 127 added in a float32, with 15 in a half. */
const REBIAS = 127 - 15;

/** Bits of a float32's mantissa that a half has no place for. */
const DROPPED = 23 - 10;

/** A half's exponent bits: all of them set mean infinity or NaN; so do a float32's. */
const HALF_NOT_FINITE = 0x7c00;
const FLOAT_NOT_FINITE = 0x7f800000;

/**
 * Two bytes a parameter: IEEE 754 halves, times a power of two for every 256 values. Bare halves
 * would reach from 6e-8 to 65504 and thin out below 6e-5, where much of a trained delta lies; saturating
 * them would mend one end only. With a block's exponent every float32 has a place, at 0.004 bytes.
 *
 * Rounded to nearest, ties to even: a value errs by at most 2^-11 of itself, or 2^-39 of its block's
 * largest. The bias of that, 0.02 % of a delta's norm, is a tenth of what int8's rounding at random
 * leaves in the mean of 300 volunteers: nothing is gained by rounding halves at random as well.
 * Payload: an int8 exponent a block, then the halves, little-endian.
 */
export const float16: Scheme = {
  number: 3,
  title: 'float16, an exponent for every 256 values',
  paper: 'https://doi.org/10.1109/IEEESTD.2019.8766229',
  feedback: false,

  bytes: (count) => Math.ceil(count / BLOCK) + HALF_BYTES * count,

  encode(values, out) {
    const { exponents, halves } = parts(out, values.length);
    for (let block = 0, start = 0; start < values.length; block++, start += BLOCK) {
      const size = Math.min(BLOCK, values.length - start);
      const exponent = exponentOf(values, start, size);
      exponents[block] = exponent;
      // In float32 a half's bits lie in the right place once its exponent is smaller by REBIAS.
      const factor = 2 ** -(exponent + REBIAS);
      for (let i = 0; i < size; i++) floats[i] = values[start + i]! * factor;
      for (let i = 0; i < size; i++)
        halves.setUint16(HALF_BYTES * (start + i), halfOf(words[i]!), true);
    }
  },

  accumulate(payload, sum, weight) {
    eachDecoded(payload, sum.length, (block, start) => {
      for (let i = 0; i < block.length; i++) sum[start + i]! += weight * block[i]!;
    });
  },

  decodeInto(payload, out) {
    eachDecoded(payload, out.length, (block, start) => out.set(block, start));
  },

  squares(payload, count) {
    let total = 0;
    eachDecoded(payload, count, (block) => {
      for (let i = 0; i < block.length; i++) total += block[i]! * block[i]!;
    });
    return total;
  },

  // The largest of a block tells for all: as integers, halves are in the order of their magnitudes.
  finite(payload, count) {
    const { exponents, halves } = parts(payload, count);
    for (let block = 0, i = 0; i < count; block++) {
      const end = Math.min(i + BLOCK, count);
      let largest = 0;
      for (; i < end; i++)
        largest = Math.max(largest, halves.getUint16(HALF_BYTES * i, true) & 0x7fff);
      words[0] = wordOf(largest);
      if (!(floats[0]! * 2 ** (exponents[block]! + REBIAS) <= LARGEST_FLOAT32)) return false;
    }
    return true;
  },
};

function parts(payload: Uint8Array, count: number): { exponents: Int8Array; halves: DataView } {
  const blocks = Math.ceil(count / BLOCK);
  return {
    exponents: new Int8Array(payload.buffer, payload.byteOffset, blocks),
    halves: viewOf(payload.subarray(blocks, blocks + HALF_BYTES * count)),
  };
}

/** A block as float32s, and the same bits as integers. Nothing here waits: one is enough. */
const floats = new Float32Array(BLOCK);
const words = new Uint32Array(floats.buffer);
/** A block as numbers, which reach further: a hostile exponent can take a half out of float32. */
const scratch = new Float64Array(BLOCK);

function exponentOf(values: Float32Array, start: number, size: number): number {
  floats[0] = 0;
  for (let i = start; i < start + size; i++)
    if (Math.abs(values[i]!) > floats[0]!) floats[0] = Math.abs(values[i]!);
  return Math.max((words[0]! >>> 23) - 127 - TOP_EXPONENT, LEAST_EXPONENT);
}

/** From a float32's bits, scaled by 2^-REBIAS; rounded to nearest, ties to even. */
function halfOf(word: number): number {
  const magnitude = word & 0x7fffffff;
  const even = (magnitude >>> DROPPED) & 1;
  const rounded = (magnitude + (1 << (DROPPED - 1)) - 1 + even) >>> DROPPED;
  return ((word >>> 16) & 0x8000) | Math.min(rounded, TOP_HALF);
}

/** Its inverse; what is not finite stays so. */
function wordOf(half: number): number {
  const magnitude = (half & 0x7fff) << DROPPED;
  const special = (half & HALF_NOT_FINITE) === HALF_NOT_FINITE ? FLOAT_NOT_FINITE : 0;
  return ((half & 0x8000) << 16) | magnitude | special;
}

/** Calls back with one decoded block after another, in scratch that the next one overwrites. */
function eachDecoded(
  payload: Uint8Array,
  count: number,
  visit: (block: Float64Array, start: number) => void,
): void {
  const { exponents, halves } = parts(payload, count);
  for (let block = 0, start = 0; start < count; block++, start += BLOCK) {
    const size = Math.min(BLOCK, count - start);
    for (let i = 0; i < size; i++)
      words[i] = wordOf(halves.getUint16(HALF_BYTES * (start + i), true));
    const factor = 2 ** (exponents[block]! + REBIAS);
    for (let i = 0; i < size; i++) scratch[i] = floats[i]! * factor;
    visit(size === BLOCK ? scratch : scratch.subarray(0, size), start);
  }
}
