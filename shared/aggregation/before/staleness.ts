import type { Before } from '../contract.ts';

const settings = {
  stalenessPower: {
    default: 0.5,
    min: 0,
    max: 10,
    title: 'Power with which a delta shrinks that started from an earlier version',
  },
};

/**
 * Scales a delta by `(1 + staleness)^-power`: the older the weights that it started from, the less it
 * says of those that it is added to (Nguyen et al. 2022, "Federated learning with buffered
 * asynchronous aggregation", FedBuff: `s(tau) = 1 / sqrt(1 + tau)`).
 * The delta shrinks and its weight does not: the paper divides by K, the deltas in the buffer, and
 * not by the sum of the factors. A buffer of nothing but stale deltas so takes a small step; divided
 * by the factors it would take a whole one in an old direction.
 * A synchronous round knows no staleness, and every factor is 1.
 */
export const staleness: Before<typeof settings> = {
  title: 'Shrink stale deltas',
  paper: 'https://arxiv.org/abs/2106.06639',
  settings,
  factor: ({ staleness: versions }, { stalenessPower }) => (1 + versions) ** -stalenessPower,
};
