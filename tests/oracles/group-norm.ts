/** Height, width and channels of one image's activations, [h][w][c]. */
export type Activations = readonly (readonly (readonly number[])[])[];

/**
 * Wu and He 2018 (Group Normalization), equations 1, 2, 6 and 7, for one image: the set S_i of the
 * numbers in i's group, `mu = mean(S_i)`, `sigma = sqrt(var(S_i) + eps)`,
 * `y = gamma_c (x - mu) / sigma + beta_c`.
 */
export function groupNorm(
  x: Activations,
  gamma: readonly number[],
  beta: readonly number[],
  { groups, epsilon }: { groups: number; epsilon: number },
): number[][][] {
  const channels = gamma.length;
  const groupOf = (c: number) => Math.floor(c / (channels / groups));
  return x.map((row) =>
    row.map((pixel) =>
      pixel.map((value, c) => {
        const set = x.flat().flatMap((other) => other.filter((_, k) => groupOf(k) === groupOf(c)));
        const mean = set.reduce((a, b) => a + b, 0) / set.length;
        const variance = set.reduce((sum, a) => sum + (a - mean) ** 2, 0) / set.length;
        return (gamma[c]! * (value - mean)) / Math.sqrt(variance + epsilon) + beta[c]!;
      }),
    ),
  );
}
