import { productsOf } from '../learning.ts';
import type { FewShotHead, Kept } from '../contract.ts';

/** How fast likeness falls with distance: exp(SHARPNESS * (cosine - 1)). */
const SHARPNESS = 20;

/** Queries that are looked at together: more cost their cube, and help no further. */
const TOGETHER = 64;

/**
 * Label propagation (Zhu and Ghahramani 2002; Zhu, Ghahramani and Lafferty 2003): queries hand labels on
 * to each other, in the measure in which they are alike, until nothing changes; the examples keep theirs.
 * That state solves (I - P_qq) F = P_qs Y. Helps where a request brings many images of the same classes;
 * a single one is named by the examples alone. All examples of a class weigh as much as those of any
 * other. A score is the share of a query's label, so strange images are told worse than by a similarity.
 */
export const labelPropagation: FewShotHead = {
  title: 'Label propagation over the images of a request',
  paper:
    'https://aaai.org/papers/icml03-118-semi-supervised-learning-using-gaussian-fields-and-harmonic-functions/',
  reads: 'rows',
  fit: ({ rows }) => ({ vectors: rows, offset: 0 }),
  propagate(kept, queries) {
    const { ways, dim } = kept;
    const count = queries.length / dim;
    const scores = new Float32Array(count * ways);
    for (let from = 0; from < count; from += TOGETHER) {
      const some = queries.subarray(from * dim, (from + TOGETHER) * dim);
      scores.set(sharesOf(kept, some), from * ways);
    }
    return scores;
  },
};

/** [queries, ways], rows sum to one */
function sharesOf(kept: Kept, queries: Float32Array): Float64Array {
  const { ways, dim } = kept;
  const count = queries.length / dim;
  const matrix = new Float64Array(count * count);
  const right = toClasses(kept, queries);
  const between = productsOf({ vectors: queries, starts: kept.starts, ways: count, dim }, queries);
  for (let q = 0; q < count; q++) {
    let degree = 0;
    for (let way = 0; way < ways; way++) degree += right[q * ways + way]!;
    for (let other = 0; other < count; other++)
      if (other !== q) degree += matrix[q * count + other] = likeness(between[q * count + other]!);
    for (let other = 0; other < count; other++) matrix[q * count + other]! /= -degree;
    matrix[q * count + q] = 1;
    for (let way = 0; way < ways; way++) right[q * ways + way]! /= degree;
  }
  return solve(matrix, right, count, ways);
}

/** Mean likeness of each query to each class's examples, [queries, ways]. */
function toClasses({ vectors, starts, ways, dim }: Kept, queries: Float32Array): Float64Array {
  const examples = vectors.length / dim;
  const count = queries.length / dim;
  const cosines = productsOf({ vectors: queries, starts, ways: examples, dim }, vectors);
  const means = new Float64Array(count * ways);
  for (let q = 0; q < count; q++)
    for (let way = 0; way < ways; way++) {
      const [from, to] = [starts[way]!, starts[way + 1]!];
      for (let i = from; i < to; i++)
        means[q * ways + way]! += likeness(cosines[q * examples + i]!) / (to - from);
    }
  return means;
}

function likeness(cosine: number): number {
  return Math.exp(SHARPNESS * (cosine - 1));
}

/**
 * Gaussian elimination without pivots, which a matrix whose rows sum to less than their diagonal never
 * needs. @param matrix [n, n], used up  @param right [n, columns], becomes the solution
 */
function solve(
  matrix: Float64Array,
  right: Float64Array,
  n: number,
  columns: number,
): Float64Array {
  for (let pivot = 0; pivot < n; pivot++)
    for (let row = pivot + 1; row < n; row++) {
      const factor = matrix[row * n + pivot]! / matrix[pivot * n + pivot]!;
      for (let c = pivot; c < n; c++) matrix[row * n + c]! -= factor * matrix[pivot * n + c]!;
      for (let c = 0; c < columns; c++)
        right[row * columns + c]! -= factor * right[pivot * columns + c]!;
    }
  for (let row = n - 1; row >= 0; row--)
    for (let c = 0; c < columns; c++) {
      for (let later = row + 1; later < n; later++)
        right[row * columns + c]! -= matrix[row * n + later]! * right[later * columns + c]!;
      right[row * columns + c]! /= matrix[row * n + row]!;
    }
  return right;
}
