/**
 * What the adaptive server optimisers have in common: `m <- beta1 m + (1 - beta1) mean; v <- next(v);
 * step = rate m / (sqrt(v) + tau)` (Reddi et al. 2021, "Adaptive federated optimization", algorithm 2).
 * They differ in `next` alone. As there, v begins at tau^2, and nothing is corrected for the start as
 * Adam's m and v are. The state is m and then v, [2 size].
 */
export function adaptiveStart(size: number, tau: number): Float32Array {
  return new Float32Array(2 * size).fill(tau ** 2, size);
}

/**
 * @param mean [size]  @param last the state before, [2 size]
 * @param next v after this round, from v before it and the mean's square in that coordinate
 * @returns the step, [size], and the state after it; both fresh
 */
export function adaptiveStep(
  mean: Float32Array,
  last: Float32Array,
  { rate, beta1, tau }: { rate: number; beta1: number; tau: number },
  next: (v: number, square: number) => number,
): { step: Float32Array; state: Float32Array } {
  const size = mean.length;
  const state = new Float32Array(2 * size);
  const step = mean.map((value, i) => {
    const m = beta1 * last[i]! + (1 - beta1) * value;
    const v = next(last[size + i]!, value ** 2);
    state[i] = m;
    state[size + i] = v;
    return (rate * m) / (Math.sqrt(v) + tau);
  });
  return { step, state };
}
