import { munkres } from 'munkres';
import { confusionOf } from './confusion.ts';

/**
 * Clustering accuracy (Xie et al. 2016, DEC, equation 10): the share that is right when every cluster is
 * given the one class that makes this share largest, by the Hungarian method.
 * @param labels [count], the true classes  @param clusters [count]  @returns 0 to 1
 */
export function clusteringAccuracy(labels: Int32Array, clusters: Int32Array): number {
  const size = 1 + Math.max(highest(labels), highest(clusters));
  const together = confusionOf(labels, clusters, size);
  const costs = Array.from({ length: size }, (_, row) =>
    Array.from(together.subarray(row * size, (row + 1) * size), (count) => -count),
  );
  const right = munkres(costs).reduce((sum, [row, column]) => sum - costs[row]![column]!, 0);
  return right / labels.length;
}

/**
 * Normalised mutual information of two groupings, by the arithmetic mean of their entropies: 0 where one
 * says nothing of the other, 1 where they are the same. Two groupings of a single group are the same.
 */
export function normalisedMutualInformation(a: Int32Array, b: Int32Array): number {
  const size = 1 + Math.max(highest(a), highest(b));
  const joint = Array.from(confusionOf(a, b, size), (count) => count / a.length);
  const [first, second] = [new Float64Array(size), new Float64Array(size)];
  joint.forEach((p, i) => {
    first[Math.floor(i / size)]! += p;
    second[i % size]! += p;
  });
  const mean = (entropy(first) + entropy(second)) / 2;
  if (mean === 0) return 1;
  const mutual = entropy(first) + entropy(second) - entropy(joint);
  return Math.max(0, mutual) / mean;
}

function entropy(shares: ArrayLike<number>): number {
  return Array.from(shares).reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
}

function highest(groups: Int32Array): number {
  return groups.reduce((a, b) => Math.max(a, b), 0);
}
