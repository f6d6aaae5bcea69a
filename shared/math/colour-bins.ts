/** Bins along each of the two colour axes. */
const SIDE = 5;
/** Bins in all: pairs of how red against green, and how yellow against blue. */
export const COLOUR_BINS = SIDE * SIDE;

/**
 * A colour without its brightness, as weights of the four bins around it (the soft encoding of Zhang
 * et al. 2016, arXiv:1603.08511, section 2.2, on opponent axes in place of Lab's). Most colours are
 * nearly grey, so the axes are stretched there by a root.
 * @param rgb red, green and blue in [0, 1]
 * @returns pairs of a bin, 0 to COLOUR_BINS - 1, and its weight; the weights sum to one
 */
export function colourBins([r, g, b]: readonly [number, number, number]): [number, number][] {
  const [first, second] = [along(r - g), along((r + g) / 2 - b)];
  return first.flatMap(([i, p]) => second.map(([j, q]): [number, number] => [i * SIDE + j, p * q]));
}

/** The two places of an axis next to a value in [-1, 1], and their weights. */
function along(value: number): [number, number][] {
  const place = ((Math.sign(value) * Math.sqrt(Math.abs(value)) + 1) / 2) * (SIDE - 1);
  const low = Math.min(SIDE - 2, Math.max(0, Math.floor(place)));
  const share = Math.min(1, place - low);
  return [
    [low, 1 - share],
    [low + 1, share],
  ];
}
