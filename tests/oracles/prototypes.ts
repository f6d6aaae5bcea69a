export type Example = { z: readonly number[]; label: number };

/**
 * Snell et al. 2017, algorithm 1 and equation 1: `c_k` is the mean of the class's embedded support.
 * Compared by the cosine in place of the paper's squared distance.
 */
export function prototypeScores(
  support: readonly Example[],
  queries: readonly (readonly number[])[],
  ways: number,
): number[][] {
  const prototypes = Array.from({ length: ways }, (_, k) => {
    const own = support.filter(({ label }) => label === k).map(({ z }) => z);
    return own[0]!.map((__, d) => own.reduce((sum, z) => sum + z[d]!, 0) / own.length);
  });
  return queries.map((query) => prototypes.map((c) => cosine(query, c)));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / (Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b)));
}

/**
 * Guo et al. 2017, section 4.2, temperature scaling: `min_T -sum_i log softmax(z_i / T)[y_i]`, here
 * over the factor 1/T, by trying a thousand of them between 0.05 and 20.
 */
export function likeliestScale(
  scores: readonly (readonly number[])[],
  labels: readonly number[],
): number {
  let best = { scale: 1, loss: Infinity };
  for (let i = 0; i <= 1000; i++) {
    const scale = 0.05 * 400 ** (i / 1000);
    const loss = negativeLogLikelihood(scores, labels, scale);
    if (loss < best.loss) best = { scale, loss };
  }
  return best.scale;
}

export function negativeLogLikelihood(
  scores: readonly (readonly number[])[],
  labels: readonly number[],
  scale: number,
): number {
  return scores.reduce((total, row, i) => {
    // log sum exp of what each class is above the true one: nothing here can overflow or vanish.
    const above = row.map((score) => scale * (score - row[labels[i]!]!));
    const top = Math.max(...above);
    return total + top + Math.log(above.reduce((sum, x) => sum + Math.exp(x - top), 0));
  }, 0);
}
