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
    title: "Share of the last round's mean square that is kept",
  },
  serverTau: {
    default: 1e-3,
    min: 1e-9,
    max: 1,
    title: 'Added to the root mean square: the larger, the less steps adapt',
  },
};

/**
 * Adam on the server: `m <- beta1 m + (1 - beta1) mean; v <- beta2 v + (1 - beta2) mean^2;
 * step = rate m / (sqrt(v) + tau)` (Reddi et al. 2021, "Adaptive federated optimization", algorithm
 * 2). As there, v begins at tau^2, and neither m nor v is corrected for its start as Adam's are.
 * Betas and tau are the paper's; its rates are tuned for each task. 0.01 moves a weight by
 * about that in a round at most; FedAvg's step by the default plan is 0.0046 in the root mean square
 * (norm 1.65, 129,732 parameters).
 * The state is m and then v, [2 size].
 */
export const fedadam: After<typeof settings> = {
  title: 'FedAdam',
  paper: 'https://arxiv.org/abs/2003.00295',
  settings,

  begin: (size, { serverTau }) => adaptiveStart(size, serverTau),

  step(mean, last, { serverRate, serverBeta1, serverBeta2, serverTau }) {
    const rates = { rate: serverRate, beta1: serverBeta1, tau: serverTau };
    return adaptiveStep(
      mean,
      last,
      rates,
      (v, square) => serverBeta2 * v + (1 - serverBeta2) * square,
    );
  },
};
