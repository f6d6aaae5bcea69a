import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { encode, HEADER_BYTES, open } from '../../shared/weights/codec.ts';
import { heavyTailed } from '../kit/deltas.ts';

const COUNTS = [1, 2, 31, 32, 33, 64, 300, 1023, 5000];

/** The largest by magnitude, earlier ones first among equals: by sorting. Rising indices. */
function largest(delta: Float32Array, k: number): number[] {
  const order = [...delta.keys()].sort(
    (a, b) => Math.abs(delta[b]!) - Math.abs(delta[a]!) || a - b,
  );
  return order.slice(0, k).sort((a, b) => a - b);
}

/** The nearest number whose float32 has 16 zero bits at its end; the even one of two. */
function bfloat16(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const below = view.getUint16(0);
  const numbers = [below, below + 1].map((bits) => {
    view.setUint32(0, bits * 2 ** 16);
    return { bits, value: view.getFloat32(0), off: Math.abs(view.getFloat32(0) - value) };
  });
  numbers.sort((a, b) => a.off - b.off || (a.bits % 2) - (b.bits % 2));
  return numbers[0]!.value;
}

/** Bits of bytes, low ones first. */
function bitsOf(bytes: Uint8Array): string {
  return [...bytes]
    .map((byte) => [...byte.toString(2).padStart(8, '0')].reverse().join(''))
    .join('');
}

/** Elias-Fano, from strings: places of 5 bits, and buckets as runs of 1s that a 0 ends. */
function indicesIn(payload: Uint8Array, count: number): number[] {
  const k = Math.ceil(count / 32);
  const places = bitsOf(payload.subarray(2 * k))
    .slice(0, 5 * k)
    .match(/.{5}/g)!;
  const buckets = bitsOf(payload.subarray(2 * k + Math.ceil((5 * k) / 8)))
    .slice(0, 2 * k)
    .split('0');
  const bucketOf = buckets.flatMap((ones, bucket) => [...ones].map(() => bucket));
  return places.map((bits, i) => 32 * bucketOf[i]! + parseInt([...bits].reverse().join(''), 2));
}

describe.each([
  ['heavy tails', heavyTailed],
  ['many equal magnitudes', (count: number) => heavyTailed(count).map((x) => Math.round(x))],
  ['falling', (count: number) => Float32Array.from({ length: count }, (_, i) => count - i)],
  ['rising', (count: number) => Float32Array.from({ length: count }, (_, i) => -i)],
  ['nothing but zeros', (count: number) => new Float32Array(count)],
])('topk of %s', (_, make) => {
  test.each(COUNTS)('%d numbers: the largest 3 %%, as bfloat16, and nothing else', (count) => {
    const delta = make(count);
    const message = encode('topk', delta, new Random(1));
    const kept = largest(delta, Math.ceil(count / 32));
    expect(indicesIn(message.subarray(HEADER_BYTES), count)).toEqual(kept);
    const expected = delta.map((value, i) => (kept.includes(i) ? bfloat16(value) : 0));
    expect(open(message, { count }).decode()).toEqual(expected);
  });
});
