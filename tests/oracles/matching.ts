import type { Example } from './prototypes.ts';

/**
 * Vinyals et al. 2016, equations 1 and 2: `P(y | x) = sum_i a(x, x_i) y_i`, where the attention `a` is
 * the softmax over all examples of a scaled cosine. The share of each class, one row a query.
 */
export function matchingShares(
  support: readonly Example[],
  queries: readonly (readonly number[])[],
  ways: number,
  sharpness: number,
): number[][] {
  return queries.map((query) => {
    const powers = support.map(({ z }) => Math.exp(sharpness * cosine(query, z)));
    const all = powers.reduce((a, b) => a + b, 0);
    const shares = Array.from({ length: ways }, () => 0);
    support.forEach(({ label }, i) => {
      shares[label]! += powers[i]! / all;
    });
    return shares;
  });
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / (Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b)));
}
