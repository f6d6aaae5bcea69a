import type { Opened } from './codec.ts';

/**
 * A running sum that encoded deltas are added to, in float64: what a shard keeps instead of deltas.
 * Every implementation gives the same bits, so that a sum made again from the log of another machine
 * is the same sum.
 */
export type Sum = {
  readonly size: number;
  /** values[i] += weight * delta[i]. @throws when the delta does not hold `size` numbers. */
  add(delta: Opened, weight: number): void;
  /** The sum itself, [size], not a copy: to read or to write, good until a sum is made or added to. */
  values(): Float64Array;
  /** Gives its memory back; the sum must not be used any more. */
  free(): void;
};

export type MakeSum = (size: number) => Sum;

/** In plain TypeScript: the kernel's oracle, and what runs where there is no wasm SIMD. */
export const plainSum: MakeSum = (size) => {
  const values = new Float64Array(size);
  return {
    size,
    add: (delta, weight) => delta.accumulate(values, weight),
    values: () => values,
    free: () => undefined,
  };
};
