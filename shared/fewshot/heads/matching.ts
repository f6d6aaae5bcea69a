import type { FewShotHead } from '../contract.ts';

/**
 * How sharply attention prefers the nearest examples. The paper's softmax over bare cosines, which
 * lie in [-1, 1], is all but uniform; 10 is what later work scales cosines by (Gidaris and Komodakis
 * 2018, arXiv:1804.09458).
 */
const SHARPNESS = 10;

/**
 * Matching networks (Vinyals et al. 2016, arXiv:1606.04080, without the contextual embeddings): a
 * query's class is the mean of all examples' labels, weighted by a softmax over its cosines to them.
 * The score is the logarithm of a class's share before the softmax's division, which is the same for
 * all classes, over the sharpness; of the mean and not the sum of the examples, so that a class is
 * not preferred for having more.
 */
export const matching: FewShotHead = {
  title: 'Matching networks: attention over examples',
  paper: 'https://arxiv.org/abs/1606.04080',
  reads: 'rows',
  fit: ({ rows }) => ({ vectors: rows, offset: 0 }),
  pool(cosines) {
    let top = -Infinity;
    for (const cosine of cosines) top = Math.max(top, cosine);
    let sum = 0;
    for (const cosine of cosines) sum += Math.exp(SHARPNESS * (cosine - top));
    return top + Math.log(sum / cosines.length) / SHARPNESS;
  },
};
