import { Random } from './random.ts';

/**
 * The randomised Hadamard transform, y = H D x / sqrt(n): D flips signs at random, H is the
 * Walsh-Hadamard matrix, H[i][j] = (-1)^popcount(i & j). Lengths and angles stay, but every y[i] is a
 * sum of all of x under random signs, so nearly normal whatever x was (Ailon and Chazelle 2009):
 * outliers are spread over their block, and a few levels serve all coordinates alike.
 *
 * One stream of signs runs through all blocks of a message, so they must be turned in order, and
 * turned back in the same order with the same sizes.
 */
export class Rotation {
  readonly #random: Random;

  /** @param seed 32 bits; all of the rotation follows from it, on every machine alike. */
  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** In place. @param x of a power of two */
  forward(x: Float64Array): void {
    this.#flip(x);
    hadamard(x);
  }

  /** Undoes `forward`, up to rounding: H and D are their own inverses. */
  inverse(x: Float64Array): void {
    hadamard(x);
    this.#flip(x);
  }

  /** D / sqrt(n), from 32 signs a draw. */
  #flip(x: Float64Array): void {
    const unit = 1 / Math.sqrt(x.length);
    for (let i = 0; i < x.length; i += 32) {
      const end = Math.min(i + 32, x.length);
      let word = this.#random.uint32();
      // A product, not a branch: a coin toss mispredicts half the time (four times slower).
      for (let j = i; j < end; j++, word >>>= 1) x[j]! *= unit * (1 - 2 * (word & 1));
    }
  }
}

/**
 * x <- H x in place and unscaled, n log2(n) additions; natural (Sylvester) order.
 * Two of the log2(n) stages at a time: half the loads and stores.
 * @param x of a power of two
 */
export function hadamard(x: Float64Array): void {
  let half = 1;
  for (; 4 * half <= x.length; half *= 4) twoStages(x, half);
  if (half < x.length) oneStage(x, half);
}

function twoStages(x: Float64Array, half: number): void {
  for (let start = 0; start < x.length; start += 4 * half) {
    for (let i = start; i < start + half; i++) {
      const a = x[i]!;
      const b = x[i + half]!;
      const c = x[i + 2 * half]!;
      const d = x[i + 3 * half]!;
      x[i] = a + b + (c + d);
      x[i + half] = a - b + (c - d);
      x[i + 2 * half] = a + b - (c + d);
      x[i + 3 * half] = a - b - (c - d);
    }
  }
}

function oneStage(x: Float64Array, half: number): void {
  for (let start = 0; start < x.length; start += 2 * half) {
    for (let i = start; i < start + half; i++) {
      const a = x[i]!;
      const b = x[i + half]!;
      x[i] = a + b;
      x[i + half] = a - b;
    }
  }
}

/**
 * Cuts `count` numbers into blocks of powers of two: as many of `largest` as fit, then the binary
 * digits of what is left, in falling order. Nothing is padded, so a block's code is as long as it.
 * @param largest a power of two
 */
export function eachBlock(
  count: number,
  largest: number,
  visit: (index: number, start: number, size: number) => void,
): void {
  let index = 0;
  let start = 0;
  for (; start + largest <= count; start += largest) visit(index++, start, largest);
  for (let size = largest / 2; size >= 1; size /= 2) {
    if (start + size > count) continue;
    visit(index++, start, size);
    start += size;
  }
}

/** How many blocks `eachBlock` visits. */
export function blocksIn(count: number, largest: number): number {
  let blocks = Math.floor(count / largest);
  for (let left = count % largest; left > 0; left = Math.floor(left / 2)) blocks += left % 2;
  return blocks;
}
