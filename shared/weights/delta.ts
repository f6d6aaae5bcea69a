/**
 * Arithmetic of flat weights. A delta is `after - before`, a Float32Array in the layout's order;
 * sums are kept in float64, because 1e6 float32 squares in float32 lose four digits.
 */

/** after - before, fresh. @throws when the lengths differ. */
export function subtract(after: Float32Array, before: Float32Array): Float32Array {
  sameLength('subtract', after, before);
  return after.map((value, i) => value - before[i]!);
}

/** into += scale * delta, in place. @throws when the lengths differ. */
export function addScaled(into: Float32Array, delta: Float32Array, scale: number): void {
  sameLength('addScaled', into, delta);
  for (let i = 0; i < into.length; i++) into[i]! += scale * delta[i]!;
}

/** The L2 norm; NaN or Infinity where a value is not finite. */
export function norm(delta: Float32Array): number {
  let squares = 0;
  for (const value of delta) squares += value * value;
  return Math.sqrt(squares);
}

/** Index of the first value that is NaN or infinite; -1 when all are finite. */
export function firstNotFinite(values: Float32Array): number {
  // Not findIndex: its callback makes this ten times slower, and it runs on every delta.
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) return i;
  return -1;
}

function sameLength(name: string, a: Float32Array, b: Float32Array): void {
  if (a.length !== b.length) throw new Error(`${name}: ${a.length} numbers and ${b.length}`);
}
