import type { Points } from '../math/k-means.ts';

/** Frozen embeddings and the class of each, 0 to classes - 1: what every evaluation reads. */
export type LabelledPoints = Points & { labels: Int32Array };

/** A point's coordinates, not copied. */
export function pointOf({ data, dim }: Points, i: number): Float32Array {
  return data.subarray(i * dim, (i + 1) * dim);
}

/** [count, count]: the squared Euclidean distance of every two points. */
export function squaredDistances(points: Points): Float64Array {
  const { count } = points;
  const squares = new Float64Array(count * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [pointOf(points, i), pointOf(points, j)];
      let sum = 0;
      for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
      squares[i * count + j] = squares[j * count + i] = sum;
    }
  return squares;
}

/** Share of the points whose class was named right. @throws when there are none */
export function accuracy(named: ArrayLike<number>, labels: ArrayLike<number>): number {
  if (labels.length === 0) throw new Error('evaluate: there are no labelled images');
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (named[i] === labels[i]) right++;
  return right / labels.length;
}
