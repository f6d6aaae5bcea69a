import type { FewShotHead } from '../contract.ts';

/**
 * Nearest class mean (Mensink et al. 2013, doi:10.1109/TPAMI.2013.83) by the squared Euclidean
 * distance, which is also the distance of Snell et al. 2017. A class whose examples differ has a
 * shorter mean, which is nearer to everything than a long one in the same direction. The score is
 * 1 - d^2 / 2: for a mean of unit length the cosine.
 */
export const nearestMean: FewShotHead = {
  title: 'Nearest class mean, by distance',
  paper: 'https://doi.org/10.1109/TPAMI.2013.83',
  reads: 'sum',
  fit({ sum, count }) {
    const vectors = sum.map((value) => value / count);
    const square = vectors.reduce((all, value) => all + value * value, 0);
    // |q - m|^2 = 1 - 2 <q, m> + |m|^2 for a query of unit length.
    return { vectors, offset: (1 - square) / 2 };
  },
};
