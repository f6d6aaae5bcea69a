import { adaptiveStart, adaptiveStep } from '../../math/adaptive.ts';
import type { After } from '../contract.ts';

const settings = {
  serverRate: {
    default: 0.1,
    min: 1e-6,
    max: 10,
    title: 'Size of the first step in each coordinate',
  },
  serverBeta1: {
    default: 0,
    min: 0,
    max: 0.999,
    title: "Share of the last round's mean that is kept",
  },
  serverTau: {
    default: 1e-3,
    min: 1e-9,
    max: 1,
    title: 'Added to the root of the summed squares: the larger, the less steps adapt',
  },
};

/**
 * Adagrad on the server: `m <- beta1 m + (1 - beta1) mean; v <- v + mean^2; step = rate m /
 * (sqrt(v) + tau)` (Reddi et al. 2021, "Adaptive federated optimization", algorithm 2). v only grows,
 * so steps shrink with the square root of the rounds: for a training that is to come to rest.
 * As in the paper, v begins at tau^2. There is no momentum by default, as in Adagrad itself. The rate
 * is ten times FedAdam's because its v is a sum where that one's is a mean.
 * The state is m and then v, [2 size].
 */
export const fedadagrad: After<typeof settings> = {
  title: 'FedAdagrad',
  paper: 'https://arxiv.org/abs/2003.00295',
  settings,

  begin: (size, { serverTau }) => adaptiveStart(size, serverTau),

  step(mean, last, { serverRate, serverBeta1, serverTau }) {
    const rates = { rate: serverRate, beta1: serverBeta1, tau: serverTau };
    return adaptiveStep(mean, last, rates, (v, square) => v + square);
  },
};
