import type { Tensor2D, Tf } from '../nn/params.ts';

/**
 * Optimal transport with entropy (Cuturi 2013, "Sinkhorn distances"): spreads the rows over the
 * columns by their scores, so that every column receives an equal share of them all.
 * @param scores [rows, columns], higher is closer
 * @param options `epsilon`: the smaller, the harder each row's choice; `rounds`: of rescaling columns, then rows
 * @returns [rows, columns]: each row sums to one, each column nearly to rows / columns
 */
export function sinkhorn(
  tf: Tf,
  scores: Tensor2D,
  { epsilon, rounds }: { epsilon: number; rounds: number },
): Tensor2D {
  // In logarithms: exp(score / epsilon) leaves single precision at an epsilon of 0.01.
  let plan: Tensor2D = tf.div(scores, epsilon);
  for (let round = 0; round < rounds; round++) {
    plan = tf.sub(plan, tf.logSumExp(plan, 0, true));
    plan = tf.sub(plan, tf.logSumExp(plan, 1, true));
  }
  return tf.exp(plan);
}
