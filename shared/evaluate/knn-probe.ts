import { largest } from '../math/largest.ts';
import { unitRows } from '../math/unit-rows.ts';
import { pointOf, type LabelledPoints } from './points.ts';

/** Sharpness of a neighbour's vote (Wu et al. 2018's tau). */
const TEMPERATURE = 0.07;

/**
 * Weighted k nearest neighbours by the cosine (Wu et al. 2018, arXiv:1805.01978, section 3.4: each of the k
 * votes exp(similarity / 0.07)): how well an embedding groups classes, with nothing fitted.
 * @param k neighbours, 200 in the paper; no more than there are
 * @returns the class named for each query, [queries]; of equal votes the lowest class
 * @throws when there is nothing to compare with
 */
export function knnProbe(known: LabelledPoints, queries: LabelledPoints, k: number): Int32Array {
  const { count } = known;
  if (count === 0 || k < 1) throw new Error('knn: there are no neighbours');
  const [ours, theirs] = [unitRows(known), unitRows(queries)];
  const classes = 1 + known.labels.reduce((a, b) => Math.max(a, b), 0);
  return Int32Array.from(queries.labels, (_, q) => {
    const query = pointOf(theirs, q);
    const similarity = Float64Array.from({ length: count }, (_unused, i) =>
      dot(pointOf(ours, i), query),
    );
    const near = largest(similarity, k);
    const votes = new Float64Array(classes);
    // By the nearest: far ones would otherwise be too small for a number, or near ones too large.
    const best = similarity[near[0]!]!;
    for (const i of near)
      votes[known.labels[i]!]! += Math.exp((similarity[i]! - best) / TEMPERATURE);
    return votes.indexOf(Math.max(...votes));
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
