import type { View } from './view.ts';

/** The image as it is: for evaluation, and for labels fixed once a round. */
export const plain: View = {
  title: 'the image as it is',
  make(from, offset, to, target, { size, channels }) {
    to.set(from.subarray(offset, offset + size * size * channels), target);
  },
};
