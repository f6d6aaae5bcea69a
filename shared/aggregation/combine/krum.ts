import { BUCKETS, type ProductRule } from '../contract.ts';

const settings = {
  ...BUCKETS,
  krumByzantine: {
    default: 1,
    min: 0,
    max: 50,
    whole: true,
    title: 'Bad parts that the rule has to stand',
  },
} as const;

/**
 * The one part that lies closest to its n - f - 2 nearest others, f being the bad parts to stand, by
 * the sum of squared distances (Blanchard et al. 2017, "Machine learning with adversaries: Byzantine
 * tolerant gradient descent", section 4).
 * The promise takes n >= 2 f + 3 parts. A round that came to fewer stands as many as it has the parts
 * for, f = (n - 3) / 2 rounded down: one bad part of three or four is still the one that lies apart.
 */
export const krum: ProductRule<typeof settings> = {
  title: 'Krum',
  paper:
    'https://papers.nips.cc/paper/6617-machine-learning-with-adversaries-byzantine-tolerant-gradient-descent',
  settings,
  reads: 'products',
  robust: true,
  over: 'model',

  lacks(parts, { krumByzantine: bad }) {
    if (parts >= 2 * bad + 3) return null;
    return `to stand krumByzantine ${bad} it takes ${2 * bad + 3}: lower it, or raise round.goal or buckets`;
  },

  weigh(products, parts, { krumByzantine }) {
    const n = parts.length;
    const near = n - 2 - Math.min(krumByzantine, Math.floor((n - 3) / 2));
    const factors = new Float64Array(n + 1);
    factors[ranked(products, n, near)[0]!] = 1;
    return factors;
  },
};

/** The parts, those with the best scores first; of equal ones the shorter, as two of three always are. */
function ranked(products: readonly Float64Array[], n: number, near: number): number[] {
  const scores = Array.from({ length: n }, (_, p) => score(products, p, n, near));
  const squareOf = (p: number) => products[p]![p]!;
  return [...scores.keys()].sort(
    (p, q) => scores[p]! - scores[q]! || squareOf(p) - squareOf(q) || p - q,
  );
}

/** Sum of the squared distances from part `p` to the `near` nearest of the other n - 1. */
function score(products: readonly Float64Array[], p: number, n: number, near: number): number {
  const squares = new Float64Array(n - 1);
  // Own squares first: then i to j is j to i to the last bit, and equals are equal.
  for (let q = 0, at = 0; q < n; q++)
    if (q !== p) squares[at++] = products[p]![p]! + products[q]![q]! - 2 * products[p]![q]!;
  return squares
    .sort()
    .subarray(0, near)
    .reduce((sum, square) => sum + square, 0);
}
