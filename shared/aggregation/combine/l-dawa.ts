import { BUCKETS, type ProductRule } from '../contract.ts';

/**
 * Averages the volunteers' layers, each multiplied by its cosine with the layer that the round
 * started from (Rehman et al. 2023, "L-DAWA: layer-wise divergence aware weight aggregation in
 * federated self-supervised visual representation learning"): what has turned away from the global
 * model counts less.
 *
 * The paper scales weights, not deltas. A layer `b + d_k` times its cosine `c_k`, averaged over n, is
 * `b + sum c_k d_k / n + (mean c - 1) b`: the base itself shrinks where the volunteers disagree
 * with it, and that is in the delta that comes out. Cosines of the deltas to each other, or of a
 * delta to the base, would be another rule.
 *
 * As in the authors' code, a part counts by its deltas and not by their examples, and a volunteer's
 * layer of zeros stays as it is. A base layer of zeros has no direction either (their code divides by
 * zero): it is averaged plainly.
 * They average plainly for the first rounds, until there is a global model to measure by; here the
 * server's warm-up steps have made one before round 1.
 *
 * Not robust: a layer in the old direction counts in full at any length.
 */
export const lDawa: ProductRule<typeof BUCKETS> = {
  title: 'L-DAWA',
  paper: 'https://arxiv.org/abs/2307.07393',
  settings: BUCKETS,
  reads: 'products',
  robust: false,
  breaksAsync:
    "l-dawa measures a volunteer's weights by those that it started from, and stale deltas started from others",
  over: 'layer',

  weigh(products, parts) {
    const base = parts.length;
    const total = parts.reduce((sum, { count }) => sum + count, 0);
    const factors = new Float64Array(base + 1);
    for (const [p, { count }] of parts.entries())
      factors[p] = (cosineToBase(products, p, base) * count) / total;
    factors[base] = factors.reduce((sum, factor) => sum + factor, 0) - 1;
    return factors;
  },
};

/** Between the base and base + part; 1 where either is zero and has no direction. */
function cosineToBase(products: readonly Float64Array[], p: number, base: number): number {
  const [own, shared, based] = [products[p]![p]!, products[p]![base]!, products[base]![base]!];
  const lengths = Math.sqrt((own + 2 * shared + based) * based);
  return lengths > 0 ? (shared + based) / lengths : 1;
}
