import type { After } from '../contract.ts';

const settings = {
  serverRate: {
    default: 1,
    min: 1e-3,
    max: 10,
    title: 'Share of the momentum that is taken as a step',
  },
  serverMomentum: {
    default: 0.9,
    min: 0,
    max: 0.999,
    title: "Share of the last round's momentum that is kept",
  },
};

/**
 * Momentum on the server: `m <- beta * m + mean; step = rate * m`. It helps where every round sees
 * a few volunteers with unlike data (Hsu et al. 2019, "Measuring the effects of non-identical data
 * distribution for federated visual classification").
 * The mean enters whole, not times (1 - beta): once m has settled, a step is 1 / (1 - beta) times
 * the mean, tenfold at 0.9. A plan that diverges wants a lower `serverRate` first.
 */
export const fedavgm: After<typeof settings> = {
  title: 'FedAvgM',
  paper: 'https://arxiv.org/abs/1909.06335',
  settings,
  begin: (size) => new Float32Array(size),
  step(mean, momentum, { serverRate, serverMomentum }) {
    const state = mean.map((value, i) => serverMomentum * momentum[i]! + value);
    return { step: state.map((value) => serverRate * value), state };
  },
};
