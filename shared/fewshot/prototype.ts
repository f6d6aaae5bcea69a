import type { FewShotHead } from './contract.ts';

/** Sums of unit embeddings and how many each holds, `ways` rows of `dim`. */
export type Prototypes = { sums: Float32Array; counts: Float32Array; ways: number; dim: number };

/**
 * Prototypical networks' head (Snell et al. 2017, arXiv:1703.05175): a class is the mean of its
 * support. Compared by the cosine, because the classifier that shapes the embedding is a cosine
 * classifier. Sums are kept rather than means, so that examples can be added later.
 */
export const prototype: FewShotHead<Prototypes> = {
  title: 'Prototypes',
  paper: 'https://arxiv.org/abs/1703.05175',
  fit(z, labels, ways, dim) {
    const sums = new Float32Array(ways * dim);
    const counts = new Float32Array(ways);
    for (let i = 0; i < labels.length; i++) {
      const way = labels[i]!;
      counts[way]! += 1;
      for (let d = 0; d < dim; d++) sums[way * dim + d]! += z[i * dim + d]!;
    }
    const empty = counts.indexOf(0);
    if (empty >= 0) throw new Error(`prototype: class ${empty} has no support`);
    return { sums, counts, ways, dim };
  },
  scores({ sums, ways, dim }, queries) {
    const lengths = Float32Array.from({ length: ways }, (_, way) => lengthOf(sums, way * dim, dim));
    const count = queries.length / dim;
    const scores = new Float32Array(count * ways);
    for (let q = 0; q < count; q++) {
      const scale = lengthOf(queries, q * dim, dim);
      for (let way = 0; way < ways; way++) {
        let dot = 0;
        for (let d = 0; d < dim; d++) dot += queries[q * dim + d]! * sums[way * dim + d]!;
        const product = scale * lengths[way]!;
        scores[q * ways + way] = product > 0 ? dot / product : 0;
      }
    }
    return scores;
  },
  merge(a, b) {
    if (a.ways !== b.ways || a.dim !== b.dim)
      throw new Error(`prototype: ${a.ways}x${a.dim} and ${b.ways}x${b.dim} do not merge`);
    return {
      ...a,
      sums: a.sums.map((value, i) => value + b.sums[i]!),
      counts: a.counts.map((value, i) => value + b.counts[i]!),
    };
  },
};

function lengthOf(rows: Float32Array, start: number, dim: number): number {
  let sum = 0;
  for (let d = start; d < start + dim; d++) sum += rows[d]! * rows[d]!;
  return Math.sqrt(sum);
}
