import { LARGEST_FLOAT32 } from '../../math/rounding.ts';
import { viewOf, type Scheme } from './scheme.ts';

/** One value in so many is sent; also the size of a bucket, so that it holds one on average. */
const BUCKET = 32;
/** Bits that say where in its bucket a value lies. */
const PLACE_BITS = 5;
const VALUE_BYTES = 2;

/** A float32's bits without its sign: as integers they are in the order of the magnitudes. */
const MAGNITUDE = 0x7fffffff;
/** The upper half of infinity. */
const NOT_FINITE = 0x7f80;

/**
 * The largest 3 % by magnitude, the others 0: with error feedback what is left out is sent once it has
 * added up (Stich et al. 2018, "Sparsified SGD with memory"; Aji and Heafield 2017). 0.09 bytes a
 * parameter.
 *
 * Indices are an Elias-Fano list: within its bucket of 32 a value has a place of 5 bits, and a row
 * of bits tells the buckets apart, a 1 for each value, a 0 after each bucket. 7 bits an index, always,
 * where a bitmap takes 32, a plain index 20 for a million parameters, and no code at all can do with
 * less than 6.4. Values are bfloat16, the upper half of a float32, rounded to nearest: any
 * magnitude, 2^-9 of error, and the feedback sees to that as well.
 * Payload for k = ceil(count / 32): k values, k places, 2k bits of buckets, low bits first.
 *
 * Places are told in rising order. An index that is not above the one before, or not below the count,
 * carries nothing: so a hostile message is some delta too, and one in which no index counts twice.
 */
export const topk: Scheme = {
  number: 6,
  title: 'the largest 3 % of the values, with error feedback',
  paper: 'https://arxiv.org/abs/1809.07599',
  feedback: true,

  bytes(count) {
    const k = keptOf(count);
    return VALUE_BYTES * k + bytesFor(PLACE_BITS * k) + bytesFor(2 * k);
  },

  encode(values, out) {
    out.fill(0);
    const { kept, places, buckets } = parts(out, values.length);
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    const { least, ties } = threshold(bits, keptOf(values.length));
    let left = ties;
    let k = 0;
    for (let i = 0; i < bits.length; i++) {
      const magnitude = bits[i]! & MAGNITUDE;
      if (magnitude < least || (magnitude === least && left-- <= 0)) continue;
      kept.setUint16(VALUE_BYTES * k, upperHalf(bits[i]!), true);
      writePlace(places, k, i % BUCKET);
      // Behind k values and a 0 for each bucket before this one.
      const bit = k + Math.floor(i / BUCKET);
      buckets[bit >> 3]! |= 1 << (bit & 7);
      k++;
    }
  },

  accumulate(payload, sum, weight) {
    eachKept(payload, sum.length, (i, value) => (sum[i]! += weight * value));
  },

  decodeInto(payload, out) {
    out.fill(0);
    eachKept(payload, out.length, (i, value) => (out[i] = value));
  },

  squares(payload, count) {
    let total = 0;
    eachKept(payload, count, (_, value) => (total += value * value));
    return total;
  },

  // All of them, also those whose index carries nothing: nobody honest sends such.
  finite(payload, count) {
    const { kept } = parts(payload, count);
    for (let k = 0; k < keptOf(count); k++)
      if (!(Math.abs(valueAt(kept, k)) <= LARGEST_FLOAT32)) return false;
    return true;
  },
};

function keptOf(count: number): number {
  return Math.ceil(count / BUCKET);
}

function bytesFor(bits: number): number {
  return Math.ceil(bits / 8);
}

type Parts = { kept: DataView; places: Uint8Array; buckets: Uint8Array };

function parts(payload: Uint8Array, count: number): Parts {
  const k = keptOf(count);
  const start = VALUE_BYTES * k;
  const middle = start + bytesFor(PLACE_BITS * k);
  return {
    kept: viewOf(payload.subarray(0, start)),
    places: payload.subarray(start, middle),
    buckets: payload.subarray(middle, middle + bytesFor(2 * k)),
  };
}

/** Calls back with what the message carries, indices rising and below `count`. */
function eachKept(
  payload: Uint8Array,
  count: number,
  visit: (index: number, value: number) => void,
): void {
  const { kept, places, buckets } = parts(payload, count);
  const all = keptOf(count);
  let last = -1;
  let k = 0;
  for (let bit = 0; bit < 2 * all && k < all; bit++) {
    if (((buckets[bit >> 3]! >> (bit & 7)) & 1) === 0) continue;
    // Of the bits before this one k were values, and the others ends of buckets.
    const index = (bit - k) * BUCKET + placeAt(places, k);
    if (index > last && index < count) {
      visit(index, valueAt(kept, k));
      last = index;
    }
    k++;
  }
}

/** A place lies in one byte or across two. */
function writePlace(places: Uint8Array, k: number, place: number): void {
  const bit = PLACE_BITS * k;
  const shifted = place << (bit & 7);
  places[bit >> 3]! |= shifted;
  if (shifted > 255) places[(bit >> 3) + 1]! |= shifted >> 8;
}

function placeAt(places: Uint8Array, k: number): number {
  const bit = PLACE_BITS * k;
  const two = places[bit >> 3]! | ((places[(bit >> 3) + 1] ?? 0) << 8);
  return (two >> (bit & 7)) & (BUCKET - 1);
}

/** bfloat16, to nearest and ties to even; what that takes past the end of float32 becomes its largest. */
function upperHalf(bits: number): number {
  const rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  return (rounded & 0x7fff) === NOT_FINITE ? rounded - 1 : rounded;
}

/** One float32, and the same 32 bits as an integer. */
const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

function valueAt(kept: DataView, k: number): number {
  word[0] = kept.getUint16(VALUE_BYTES * k, true) << 16;
  return float[0]!;
}

/**
 * The k-th largest magnitude, exactly, and how many of the values that have it are among the k. By
 * counting, in two passes: the upper 16 bits, then the lower ones of those that share the upper.
 * @param bits of float32s  @returns `least` as bits without the sign
 */
function threshold(bits: Uint32Array, k: number): { least: number; ties: number } {
  const upper = new Uint32Array(1 << 15);
  for (let i = 0; i < bits.length; i++) upper[(bits[i]! & MAGNITUDE) >>> 16]!++;
  const high = descend(upper, k);
  const lower = new Uint32Array(1 << 16);
  for (let i = 0; i < bits.length; i++)
    if ((bits[i]! & MAGNITUDE) >>> 16 === high.at) lower[bits[i]! & 0xffff]!++;
  const low = descend(lower, high.left);
  return { least: (high.at << 16) | low.at, ties: low.left };
}

/** From the top of a histogram down to the k-th: its bin, and how many are still wanted there. */
function descend(counts: Uint32Array, k: number): { at: number; left: number } {
  let at = counts.length - 1;
  for (; k > counts[at]!; at--) k -= counts[at]!;
  return { at, left: k };
}
