import { Random } from '../../shared/math/random.ts';

/** Standard normal numbers. */
export function normal(count: number, seed = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

/** A normal times a log-normal, as trained deltas are: a few numbers much larger than the rest. */
export function heavyTailed(count: number, seed = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal() * Math.exp(random.normal()));
}

/** The largest difference of two numbers at the same place. */
export function largestError(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

/** L2 norm of the difference, in float64. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(squares);
}
