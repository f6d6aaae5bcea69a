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
 * The mean of the m parts with the best scores of Krum: the sum of squared distances to the n - f - 2
 * nearest others, f being the bad parts to stand (Blanchard et al. 2017, "Machine learning with
 * adversaries: Byzantine tolerant gradient descent"). m is n - f - 2, the default of the authors' own
 * library and the most that it allows (calicarpa.github.io/krum): it uses more of the honest work
 * than one part does. A part is one vote, whatever examples it claims.
 * The promise takes n >= 2 f + 3 parts. A round that came to fewer stands as many as it has the parts
 * for, f = (n - 3) / 2 rounded down, and at least one part is taken.
 */
export const multiKrum: ProductRule<typeof settings> = {
  title: 'Multi-Krum',
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
    for (const p of nearestFirst(products, n, near).slice(0, near)) factors[p] = 1 / near;
    return factors;
  },
};
