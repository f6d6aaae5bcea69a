import { drawAffine, warp } from './transforms/warp.ts';
import type { View } from './view.ts';

/** A little moved: FixMatch's weak view, without the flip, which changes a letter's meaning. */
export const weak: View = {
  title: 'shifted by up to a fourteenth of the side',
  make(from, offset, to, target, input, random) {
    const range = { degrees: 0, scale: [1, 1], shear: 0, shift: 0.07 } as const;
    warp(from, offset, to, target, input, drawAffine(range, input.size, random));
  },
};
