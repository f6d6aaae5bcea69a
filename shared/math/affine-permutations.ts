import { range } from './random.ts';

const SIDE = 3;
/** Pieces of a three by three grid, as the numbers of the field of nine elements. */
export const PIECES = SIDE * SIDE;
/** How many orders there are with no two alike in more than one place: 9 * 8, and no set has more. */
export const ORDERS = PIECES * (PIECES - 1);

/**
 * The orders that a jigsaw is laid in: any two differ in at least eight of the nine places. Noroozi
 * and Favaro 2016 (section 3.3) search for such a set; the maps x -> a x + b of a field of nine
 * elements are one, since two of them that agree on two numbers are the same.
 * @returns [ORDERS][PIECES], each a permutation of 0 to 8; the first changes nothing
 */
export function affinePermutations(): number[][] {
  return range(PIECES)
    .slice(1)
    .flatMap((a) => range(PIECES).map((b) => range(PIECES).map((x) => plus(times(a, x), b))));
}

/** A number's parts u and v stand for u + v i, where i * i = -1, modulo three. */
const parts = (x: number) => [x % SIDE, Math.floor(x / SIDE)] as const;

function plus(x: number, y: number): number {
  const [[a, b], [c, d]] = [parts(x), parts(y)];
  return ((a + c) % SIDE) + SIDE * ((b + d) % SIDE);
}

function times(x: number, y: number): number {
  const [[a, b], [c, d]] = [parts(x), parts(y)];
  return ((a * c + (SIDE - 1) * b * d) % SIDE) + SIDE * ((a * d + b * c) % SIDE);
}
