import { nearestFirst } from '../../math/nearest.ts';
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
    factors[nearestFirst(products, n, near)[0]!] = 1;
    return factors;
  },
};
