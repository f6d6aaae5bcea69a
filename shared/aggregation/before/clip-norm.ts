import type { Before } from '../contract.ts';

const settings = {
  clipNorm: {
    default: 10,
    min: 1e-3,
    max: 1e6,
    title: 'L2 norm to which a larger delta is scaled down',
  },
};

/**
 * Scales a delta whose L2 norm is above `clipNorm` down to it; the others pass unchanged. So no
 * single volunteer, hostile or diverged, moves the model further than any other could.
 * Flat clipping: McMahan et al. 2018, "Learning differentially private recurrent language models",
 * section 3: `delta * min(1, S / ||delta||)`.
 * The default leaves honest work alone: a round by the default plan (strided net, 60 steps at 0.05)
 * was measured at 1.6 to 1.7, also with labels at random; clipped gradients allow 30 at most.
 */
export const clipNorm: Before<typeof settings> = {
  title: 'Clip the norm',
  paper: 'https://arxiv.org/abs/1710.06963',
  settings,
  // Written as a comparison, because S / 0 is not a factor.
  factor: ({ norm }, { clipNorm: limit }) => (norm > limit ? limit / norm : 1),
};
