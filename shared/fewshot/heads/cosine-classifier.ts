import type { FewShotHead, Kept } from '../contract.ts';
import { addScaled, productsOf, shareErrors, toUnit, wayOf } from '../learning.ts';

const STEPS = 40;
const RATE = 0.2;

/** What cosines are multiplied by at first, and the range that is left to learning. */
const SCALE = { start: 10, low: 5, high: 50 };

/**
 * Cosine classifier (Gidaris and Komodakis 2018; "Baseline++" of Chen et al. 2019): one vector a class,
 * compared by the cosine, and one scale for all, learnt by gradient steps on the examples' softmax.
 * Starts from the prototypes, so that what it learns is where they confuse the examples. All examples of
 * a class weigh as much as those of any other.
 */
export const cosineClassifier: FewShotHead = {
  title: 'Cosine classifier, learnt from the examples',
  paper: 'https://arxiv.org/abs/1904.04232',
  reads: 'rows',
  fit: ({ rows }) => ({ vectors: rows, offset: 0 }),
  learn(kept) {
    const { ways, dim } = kept;
    const weights = prototypesOf(kept);
    const own = wayOf(kept);
    let scale = SCALE.start;
    for (let step = 0; step < STEPS; step++) {
      const cosines = productsOf(kept, weights);
      const errors = shareErrors(cosines, own, kept, scale);
      const gradient = addScaled(new Float32Array(ways * dim), kept, errors, scale);
      // Along the sphere: what points outwards would only lengthen a vector.
      for (let way = 0; way < ways; way++) {
        const [from, to] = [way * dim, (way + 1) * dim];
        const [unit, slope] = [weights.subarray(from, to), gradient.subarray(from, to)];
        const outward = unit.reduce((sum, value, d) => sum + value * slope[d]!, 0);
        // Classes share the mean loss; each takes the step it would take alone.
        for (let d = 0; d < dim; d++)
          unit[d] = unit[d]! - ((RATE * ways) / scale) * (slope[d]! - outward * unit[d]!);
        toUnit(unit);
      }
      const slope = errors.reduce((sum, error, i) => sum + error * cosines[i]!, 0);
      scale = Math.min(SCALE.high, Math.max(SCALE.low, scale - scale * slope));
    }
    return weights;
  },
};

function prototypesOf({ vectors, starts, ways, dim }: Kept): Float32Array {
  const means = new Float32Array(ways * dim);
  for (let way = 0; way < ways; way++) {
    const mean = means.subarray(way * dim, (way + 1) * dim);
    for (let i = starts[way]! * dim; i < starts[way + 1]! * dim; i++) mean[i % dim]! += vectors[i]!;
    toUnit(mean);
  }
  return means;
}
