import { adaptiveStart, adaptiveStep } from '../../math/adaptive.ts';
import type { After } from '../contract.ts';

const settings = {
  serverRate: {
    default: 0.01,
    min: 1e-6,
    max: 10,
    title: 'Size of a step in each coordinate',
  },
  serverBeta1: {
    default: 0.9,
    min: 0,
    max: 0.999,
    title: "Share of the last round's mean that is kept",
  },
  serverBeta2: {
    default: 0.99,
    min: 0,
    max: 0.9999,
    title: "1 less the share of the mean's square by which its estimate moves",
  },
  serverTau: {
    default: 1e-3,
    min: 1e-9,
    max: 1,
    title: 'Added to the root mean square: the larger, the less steps adapt',
  },
};

/**
 * Yogi on the server: `m <- beta1 m + (1 - beta1) mean; v <- v - (1 - beta2) mean^2 sign(v - mean^2);
 * step = rate m / (sqrt(v) + tau)` (Reddi et al. 2021, "Adaptive federated optimization", algorithm
 * 2). v moves towards the mean's square by a share of that square, not of the gap: after large means
 * have stopped, FedAdam's v decays and its steps grow by themselves, Yogi's hardly do.
 * As in the paper, v begins at tau^2 and nothing is corrected for the start. Betas and tau are the
 * paper's; for the rate see FedAdam, whose steps have the same size.
 * The state is m and then v, [2 size].
 */
export const fedyogi: After<typeof settings> = {
  title: 'FedYogi',
  paper: 'https://arxiv.org/abs/2003.00295',
  settings,

  begin: (size, { serverTau }) => adaptiveStart(size, serverTau),

  step(mean, last, { serverRate, serverBeta1, serverBeta2, serverTau }) {
    const rates = { rate: serverRate, beta1: serverBeta1, tau: serverTau };
    return adaptiveStep(
      mean,
      last,
      rates,
      (v, square) => v - (1 - serverBeta2) * square * Math.sign(v - square),
    );
  },
};
