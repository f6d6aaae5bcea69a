import type { FewShotHead } from '../contract.ts';

/**
 * Prototypical networks' head (Snell et al. 2017, arXiv:1703.05175): a class is the mean of its
 * support. Compared by the cosine: the embeddings it is made of have unit length, and so has what a
 * query is compared with.
 */
export const prototype: FewShotHead = {
  title: 'Prototypes, by the cosine',
  paper: 'https://arxiv.org/abs/1703.05175',
  reads: 'sum',
  fit({ sum }) {
    const length = Math.hypot(...sum);
    // Examples that cancel out are no direction: nothing is like them.
    const scale = length > 0 ? 1 / length : 0;
    return { vectors: sum.map((value) => value * scale), offset: 0 };
  },
};
