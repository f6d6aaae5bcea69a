import { fedAvg, type Client } from './fedavg.ts';

/**
 * Hsu et al. 2019, FedAvgM, in the paper's signs: a client's update is `w_t - w^k`, the server
 * subtracts. `delta_w <- sum_k (n_k / n) delta_w_k; v <- beta v + delta_w; w <- w - rate v`.
 */
export function fedAvgM(
  start: readonly number[],
  rounds: readonly (readonly Client[])[],
  { beta, rate }: { beta: number; rate: number },
): number[] {
  let w = [...start];
  let v = w.map(() => 0);
  for (const clients of rounds) {
    const updates = clients.map(({ weights, examples }) => ({
      weights: weights.map((value, i) => w[i]! - value),
      examples,
    }));
    const deltaW = fedAvg(updates);
    v = v.map((value, i) => beta * value + deltaW[i]!);
    w = w.map((value, i) => value - rate * v[i]!);
  }
  return w;
}
