import type { InputSpec } from '../nn/net.ts';

/**
 * In words and numbers what `normalise` does with a file, for who has to do it without this code: a
 * network that is fed otherwise answers otherwise.
 */
export function preparationOf({ size, channels }: InputSpec): string[] {
  const shrunk =
    'A picture with a side above 512 pixels is averaged in blocks of n x n pixels, n = ceil(longest side / 512).';
  if (channels === 1)
    return [
      'Transparent parts become white; grey is 0.299 red + 0.587 green + 0.114 blue, in [0, 1].',
      shrunk,
      "The paper's level, the mean of the outermost pixels, is subtracted, and what falls below 0 is 0; where the level is above 0.5 the picture is inverted first.",
      'A picture whose brightest pixel is below 0.08 is blank: all zeros.',
      `The box of all pixels of at least 0.15 of the brightest is scaled by area averaging, so that its longer side is 20/28 of ${size} pixels, and shifted so that its centre of mass is in the middle, as far as nothing of it leaves the square; a picture of ${size} x ${size} that would move by at most 1.5 pixels stays as it is.`,
      'All is divided by the brightest pixel.',
    ];
  return [
    'Transparent parts become white; red, green and blue are in [0, 1].',
    shrunk,
    `The largest square in the middle is scaled to ${size} x ${size} pixels by area averaging; nothing is subtracted or divided.`,
  ];
}
