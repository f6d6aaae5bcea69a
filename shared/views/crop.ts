import { drawJitter, jitter } from './transforms/colour.ts';
import { drawCrop } from './transforms/crop.ts';
import { warp } from './transforms/warp.ts';
import type { View } from './view.ts';

/** MoCo's: SimCLR begins at 0.08, of which 28 pixels leave eight. */
const PART = { area: [0.2, 1], ratio: 4 / 3 } as const;
/** SimCLR's at strength 0.5, as for CIFAR-10 (appendix B.9). */
const COLOUR = { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
const JITTERED = 0.8;
const GREY = 0.2;

/**
 * SimCLR's view (Chen et al. 2020, arXiv:2002.05709, appendix A): a random part of the image, in most
 * cases in other colours, in some in none. Without the blur, which it leaves out on small images too,
 * and without the mirror, which `crop-flip` adds.
 */
export const crop: View = {
  title: 'a part of it, resized, in other colours or in grey',
  make(from, offset, to, target, input, random) {
    warp(from, offset, to, target, input, drawCrop(PART, input.size, random));
    const by = drawJitter(COLOUR, random);
    if (random.next() < JITTERED) jitter(to, target, input, by);
    if (random.next() < GREY) jitter(to, target, input, { ...SAME, saturation: 0 });
  },
};

const SAME = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };
