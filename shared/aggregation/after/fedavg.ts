import type { After } from '../contract.ts';

const settings = {
  serverRate: {
    default: 1,
    min: 1e-3,
    max: 10,
    title: 'Share of the combined delta that is taken',
  },
};

/**
 * The plain step: `step = rate * mean`. At the rate 1 this is FederatedAveraging as published
 * (McMahan et al. 2017, algorithm 1); another rate makes it FedOpt with SGD (Reddi et al. 2021).
 */
export const fedavg: After<typeof settings> = {
  title: 'FedAvg',
  paper: 'https://arxiv.org/abs/1602.05629',
  settings,
  begin: () => new Float32Array(0),
  step: (mean, state, { serverRate }) => ({ step: mean.map((value) => serverRate * value), state }),
};
