import { BUCKETS, type ProductRule } from '../contract.ts';

const settings = {
  ...BUCKETS,
  smoothing: {
    default: 1e-6,
    min: 1e-9,
    max: 1,
    title: 'Distance below which a part pulls no harder',
  },
};

/**
 * Far more than it takes: in random trials 8 to 64 parts settled in 10 to 40 steps, whatever share
 * below half of them was bad and however long, and the worst case, one bad of three, in 93. What moves
 * on for ever are parts that hardly differ, and there it is rounding that moves.
 */
const MOST_STEPS = 500;

/** A change of the weights, which sum to 1; times a norm of 1000 still nothing that float32 can hold. */
const SETTLED = 1e-12;

/**
 * The point with the smallest sum of distances to the parts, by smoothed Weiszfeld (Pillutla et al.
 * 2022, "Robust aggregation for federated learning", RFA; the smoothing is that of its experiments).
 * Every point that this visits is a weighted mean of the parts, and its distances to them follow from
 * their inner products: so it takes two passes over the model, not one a step, and is run until it
 * settles where the paper, whose every step is a round of secure sums, stops after three.
 * While fewer than half of the parts are bad, it stays near the others, whatever norms the bad ones
 * have. Unlike the coordinates' medians it is the same in every rotation.
 * A part is one vote; the paper weights by examples, which volunteers claim and could claim more of.
 */
export const geometricMedian: ProductRule<typeof settings> = {
  title: 'Geometric median (RFA)',
  paper: 'https://arxiv.org/abs/1912.13445',
  settings,
  reads: 'products',
  robust: true,
  over: 'model',

  weigh(products, parts, { smoothing }) {
    const weights = new Float64Array(products.length).fill(1 / parts.length, 0, parts.length);
    for (let step = 0; step < MOST_STEPS; step++) {
      const pulls = distances(products, weights).map((distance, p) =>
        p < parts.length ? 1 / Math.max(smoothing, distance) : 0,
      );
      const total = pulls.reduce((sum, pull) => sum + pull, 0);
      let change = 0;
      for (const [p, pull] of pulls.entries()) {
        change = Math.max(change, Math.abs(pull / total - weights[p]!));
        weights[p] = pull / total;
      }
      if (change < SETTLED) break;
    }
    return weights;
  },
};

/** From the weighted sum of the vectors to each of them: |z|^2 - 2 <z, v> + |v|^2. */
function distances(products: readonly Float64Array[], weights: Float64Array): Float64Array {
  const along = weights.map((_, v) =>
    products[v]!.reduce((sum, product, w) => sum + product * weights[w]!, 0),
  );
  const square = along.reduce((sum, product, v) => sum + product * weights[v]!, 0);
  // Rounding can take a distance of nothing below it.
  return along.map((product, v) => Math.sqrt(Math.max(0, square - 2 * product + products[v]![v]!)));
}
