import { drawJitter, jitter } from './transforms/colour.ts';
import { cutOut } from './transforms/cutout.ts';
import { changeTone } from './transforms/tone.ts';
import { drawAffine, warp } from './transforms/warp.ts';
import type { View } from './view.ts';

const RANGE = { degrees: 20, scale: [0.75, 1.25], shear: 0.3, shift: 0.1 } as const;

/** What grey images do not have; their brightness and contrast are the tone's. */
const COLOUR = { brightness: 0, contrast: 0, saturation: 0.4, hue: 0.1 };

/**
 * Turned, sheared, stretched, tone and colour changed, and a square cut out. The cut matters most:
 * without it FixMatch loses more than without any other part (Sohn et al. 2020, table 4).
 */
export const strong: View = {
  title: 'turned, sheared, stretched, tone and colour changed, a square cut out',
  make(from, offset, to, target, input, random) {
    warp(from, offset, to, target, input, drawAffine(RANGE, input.size, random));
    changeTone(to, target, input, random);
    cutOut(to, target, input, random);
    if (input.channels === 3) jitter(to, target, input, drawJitter(COLOUR, random));
  },
};
