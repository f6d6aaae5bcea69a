import type { SumRule } from '../contract.ts';

/**
 * The mean of the deltas, weighted by the examples each was learned from: the server's line of
 * FederatedAveraging, `w <- sum (n_k / n) w_k` (McMahan et al. 2017, algorithm 1), on deltas.
 * The sum is in float64: shards and arrivals in any order then agree to about 1e-15, far below the
 * float32 of the result. It is not bit for bit the same in every order; that would take integers,
 * and nobody downstream can tell the difference.
 * Not robust: one delta moves it as far as its norm and its weight let it.
 */
export const weightedMean: SumRule<Record<never, never>> = {
  title: 'Weighted mean',
  paper: 'https://arxiv.org/abs/1602.05629',
  settings: {},
  reads: 'sum',
};
