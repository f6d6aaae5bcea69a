// The rotated schemes, slowly and from the papers: dense matrices and strings of bits. It reads what
// is on the wire by the layout in the schemes' docstrings, and shares with them the random generator only.

import { Random } from '../../shared/math/random.ts';

/** Sylvester's construction: H(1) = [1], H(2n) = [[H, H], [H, -H]]. */
export function hadamardMatrix(n: number): number[][] {
  if (n === 1) return [[1]];
  const half = hadamardMatrix(n / 2);
  return [
    ...half.map((row) => [...row, ...row]),
    ...half.map((row) => [...row, ...row.map((x) => -x)]),
  ];
}

export function times(matrix: number[][], x: number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, i) => sum + value * x[i]!, 0));
}

/** H D / sqrt(n) of a block, as a matrix: D from the signs, a -1 or 1 each. */
export function rotationMatrix(signs: number[]): number[][] {
  const root = Math.sqrt(signs.length);
  return hadamardMatrix(signs.length).map((row) => row.map((h, i) => (h * signs[i]!) / root));
}

export function transpose(matrix: number[][]): number[][] {
  return matrix[0]!.map((_, i) => matrix.map((row) => row[i]!));
}

/** Sizes of the blocks: whole ones, then what is left in binary. */
export function sizesOf(count: number, largest: number): number[] {
  const whole = Array.from({ length: Math.floor(count / largest) }, () => largest);
  const digits = [...(count % largest).toString(2)].map((digit, i, all) =>
    digit === '1' ? 2 ** (all.length - 1 - i) : 0,
  );
  return [...whole, ...digits.filter((size) => size > 0)];
}

/** Of every block its own signs: a word of 32 for every 32 numbers or fewer, lowest bit first. */
export function signsOf(seed: number, sizes: number[]): number[][] {
  const random = new Random(seed);
  return sizes.map((size) => {
    const words = Array.from({ length: Math.ceil(size / 32) }, () => random.uint32());
    const bits = words.flatMap((word) => [...word.toString(2).padStart(32, '0')].reverse());
    return bits.slice(0, size).map((bit) => (bit === '1' ? -1 : 1));
  });
}

/** A message of int4 or onebit, taken apart: a block's scale, signs of D, and codes as numbers. */
export type Block = { scale: number; matrix: number[][]; codes: number[]; start: number };

export function blocksOf(
  payload: Uint8Array,
  count: number,
  largest: number,
  bits: number,
): Block[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const sizes = sizesOf(count, largest);
  const signs = signsOf(view.getUint32(0, true), sizes);
  const stream = [...payload.subarray(4 + 4 * sizes.length)]
    .map((byte) => [...byte.toString(2).padStart(8, '0')].reverse().join(''))
    .join('');
  let start = 0;
  return sizes.map((size, i) => {
    const codes = Array.from({ length: size }, (_, k) => {
      const at = bits * (start + k);
      return parseInt([...stream.slice(at, at + bits)].reverse().join(''), 2);
    });
    const block = {
      ...{ codes, start, scale: view.getFloat32(4 + 4 * i, true) },
      matrix: rotationMatrix(signs[i]!),
    };
    start += size;
    return block;
  });
}
