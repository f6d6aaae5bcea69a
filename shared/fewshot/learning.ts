import type { Kept } from './contract.ts';

/** The class that each vector is of. */
export function wayOf({ starts, ways }: Kept): Int32Array {
  const own = new Int32Array(starts[ways]!);
  for (let way = 0; way < ways; way++) own.fill(way, starts[way], starts[way + 1]);
  return own;
}

/** Products of every vector with every class's weights, [vectors, ways]. @param weights [ways, dim] */
export function productsOf({ vectors, ways, dim }: Kept, weights: Float32Array): Float32Array {
  const count = vectors.length / dim;
  const out = new Float32Array(count * ways);
  for (let i = 0, at = 0; i < count; i++)
    for (let way = 0; way < ways; way++, at++) {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += vectors[i * dim + d]! * weights[way * dim + d]!;
      out[at] = sum;
    }
  return out;
}

/**
 * The derivative of the cross-entropy by `scale * products`, [vectors, ways]: what the softmax says
 * less what is true. Every class weighs the same, however many vectors it has; all weights sum to one.
 */
export function shareErrors(
  products: Float32Array,
  own: Int32Array,
  { starts, ways }: Kept,
  scale: number,
): Float32Array {
  const errors = new Float32Array(products.length);
  own.forEach((way, i) => {
    const row = products.subarray(i * ways, (i + 1) * ways);
    const top = row.reduce((best, value) => Math.max(best, value), -Infinity);
    const sum = row.reduce((all, value) => all + Math.exp(scale * (value - top)), 0);
    const weight = 1 / (ways * (starts[way + 1]! - starts[way]!));
    row.forEach((value, other) => {
      const share = Math.exp(scale * (value - top)) / sum;
      errors[i * ways + other] = weight * (share - (other === way ? 1 : 0));
    });
  });
  return errors;
}

/** Adds to each class's row the vectors times their errors times `scale`. @param to [ways, dim], changed @returns it */
export function addScaled(
  to: Float32Array<ArrayBuffer>,
  { vectors, ways, dim }: Kept,
  errors: Float32Array,
  scale: number,
): Float32Array<ArrayBuffer> {
  const count = vectors.length / dim;
  for (let i = 0, at = 0; i < count; i++)
    for (let way = 0; way < ways; way++, at++) {
      const factor = scale * errors[at]!;
      for (let d = 0; d < dim; d++) to[way * dim + d]! += factor * vectors[i * dim + d]!;
    }
  return to;
}

/** In place; a row of nothing stays so. */
export function toUnit(row: Float32Array): void {
  const square = row.reduce((sum, value) => sum + value * value, 0);
  const length = Math.sqrt(square);
  if (length > 0) row.forEach((value, d) => (row[d] = value / length));
}
