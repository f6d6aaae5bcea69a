/** safetensors by the format's own description, byte for byte; and everything that is none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../shared/api/problem.ts';
import { layoutOf } from '../../shared/weights/layout.ts';
import { packSafetensors, unpackSafetensors } from '../../shared/weights/safetensors.ts';

const init = { kind: 'constant', value: 0 } as const;
const layout = layoutOf([
  { name: 'net/w', shape: [2, 3], init },
  { name: 'net/b', shape: [3], init },
]);
const weights = Float32Array.from({ length: 9 }, (_, i) => i / 8);
const metadata = { title: 'Größe', hash: 'abc' };
const file = () => packSafetensors(layout, weights, metadata);

/** A file by the format's text alone: 8 bytes of length, the header as it is, the numbers. */
function written(header: string, numbers: Float32Array = weights): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Uint8Array.from(Buffer.concat([length, text, Buffer.from(numbers.buffer)]));
}

const header = {
  'net/w': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  'net/b': { dtype: 'F32', shape: [3], data_offsets: [24, 36] },
};
const withHeader = (change: Record<string, unknown>) =>
  written(JSON.stringify({ ...header, ...change }));

describe('a file', () => {
  test('is laid out as the format says', () => {
    const bytes = Buffer.from(file());
    const length = Number(bytes.readBigUInt64LE(0));
    expect((8 + length) % 8).toBe(0);
    const text = bytes.subarray(8, 8 + length).toString();
    expect(text).toMatch(/^\{.*\} *$/);
    expect(JSON.parse(text)).toEqual({ __metadata__: metadata, ...header });
    const numbers = bytes.subarray(8 + length);
    expect(Array.from({ length: 9 }, (_, i) => numbers.readFloatLE(4 * i))).toEqual([...weights]);
    expect(numbers).toHaveLength(36);
  });

  test('that is read has the same weights and metadata', () => {
    expect(unpackSafetensors(file(), layout)).toEqual({ weights, metadata });
  });

  test('of somebody else may have the tensors in another order, and no metadata', () => {
    const swapped = {
      'net/b': { dtype: 'F32', shape: [3], data_offsets: [0, 12] },
      'net/w': { dtype: 'F32', shape: [2, 3], data_offsets: [12, 36] },
    };
    const moved = Float32Array.from([...weights.slice(6), ...weights.slice(0, 6)]);
    const read = unpackSafetensors(written(JSON.stringify(swapped), moved), layout);
    expect(read).toEqual({ weights, metadata: {} });
  });

  test('is not made of too few weights', () => {
    expect(() => packSafetensors(layout, weights.slice(1), {})).toThrow('8 numbers');
  });
});

describe('what is refused', () => {
  const tensor = (dtype: string, shape: number[], from: number, to: number) => ({
    ...{ dtype, shape, data_offsets: [from, to] },
  });
  test.each<[string, number, () => Uint8Array]>([
    ['nothing', 707, () => new Uint8Array(0)],
    ['a header that is longer than the file', 707, () => file().fill(255, 0, 2)],
    ['a header of 2^63 bytes', 707, () => file().fill(255, 0, 8)],
    ['no JSON', 707, () => written('{"net/w": ')],
    ['a list', 707, () => written('[]')],
    ['bytes that are no UTF-8', 707, () => file().fill(255, 9, 10)],
    ['metadata that are no strings', 707, () => withHeader({ __metadata__: { round: 1 } })],
    ['an entry of null', 707, () => withHeader({ 'net/w': null })],
    ['a negative side', 707, () => withHeader({ 'net/w': tensor('F32', [-2, -3], 0, 24) })],
    ['an end before its start', 707, () => withHeader({ 'net/w': tensor('F32', [2, 3], 24, 0) })],
    ['numbers behind the end', 707, () => withHeader({ 'net/b': tensor('F32', [3], 24, 40) })],
    ['two tensors at one place', 707, () => withHeader({ 'net/b': tensor('F32', [3], 0, 12) })],
    ['a byte that is nobody’s', 707, () => withHeader({ 'net/b': tensor('F32', [3], 25, 36) })],
    ['numbers cut off', 707, () => file().slice(0, -1)],
    ['numbers too many', 707, () => written(JSON.stringify(header), new Float32Array(10))],
    ['half precision', 708, () => withHeader({ 'net/w': tensor('F16', [2, 3], 0, 24) })],
    ['another shape', 708, () => withHeader({ 'net/w': tensor('F32', [3, 2], 0, 24) })],
    ['another size', 708, () => withHeader({ 'net/w': tensor('F32', [2, 3, 2], 0, 24) })],
    ['a missing tensor', 708, () => written('{}', new Float32Array(0))],
    ['a tensor too many', 708, () => withHeader({ more: tensor('F32', [0], 36, 36) })],
    [
      'a number that is none',
      710,
      () =>
        written(
          JSON.stringify(header),
          weights.map(() => Number.NaN),
        ),
    ],
  ])('%s: %i', (_, code, bytes) => {
    expect(() => unpackSafetensors(bytes(), layout)).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  test('any change of a byte gives other weights or a numbered refusal, never another error', () => {
    const right = file();
    const change = fc.tuple(fc.nat(right.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([at, by]) => {
        const bytes = right.slice();
        bytes[at]! ^= by;
        try {
          unpackSafetensors(bytes, layout);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
