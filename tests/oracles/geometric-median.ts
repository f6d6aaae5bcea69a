type Vectors = readonly (readonly number[])[];

/** What the geometric median makes as small as can be. */
export function sumOfDistances(vectors: Vectors, to: readonly number[]): number {
  return vectors.reduce((sum, vector) => sum + distance(vector, to), 0);
}

/**
 * Pillutla et al. 2022 (RFA), algorithm 2, the smoothed Weiszfeld algorithm on the vectors themselves:
 * `beta_i <- alpha_i / max(nu, |v - w_i|); v <- sum beta_i w_i / sum beta_i`, all alphas equal.
 */
export function geometricMedian(vectors: Vectors, nu: number, rounds: number): number[] {
  const mean = (weights: number[]) => {
    const total = weights.reduce((a, b) => a + b, 0);
    return vectors[0]!.map(
      (_, j) => vectors.reduce((sum, vector, i) => sum + weights[i]! * vector[j]!, 0) / total,
    );
  };
  let v = mean(vectors.map(() => 1));
  for (let r = 0; r < rounds; r++)
    v = mean(vectors.map((vector) => 1 / Math.max(nu, distance(v, vector))));
  return v;
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - b[i]!));
}
