import { range, type Random } from './random.ts';

/** Points as rows: `count` of `dim` numbers each. */
export type Points = { data: Float32Array; count: number; dim: number };

/** Which cluster each point is in, and the mean of each cluster, [clusters, dim]. */
export type Clusters = { of: Int32Array; centroids: Float32Array; clusters: number };

/**
 * k-means (Lloyd 1982), begun as k-means++ (Arthur and Vassilvitskii 2007). No cluster is left empty:
 * the largest is split in its place, as DeepCluster does (Caron et al. 2018, section 3.3).
 * @param k at most as many clusters; fewer where there are fewer points
 */
export function kMeans(
  points: Points,
  k: number,
  { rounds, random }: { rounds: number; random: Random },
): Clusters {
  const clusters = Math.min(k, points.count);
  const centroids = spread(points, clusters, random);
  const of = new Int32Array(points.count).fill(-1);
  for (let round = 0; round < rounds; round++) {
    const moved = assign(points, centroids, of);
    const counts = countsOf(of, clusters);
    fillEmpty(points, of, counts);
    recentre(points, of, counts, centroids);
    if (moved === 0) break;
  }
  return { of, centroids, clusters };
}

/** How many points are in each cluster. */
export function countsOf(of: Int32Array, clusters: number): Int32Array {
  const counts = new Int32Array(clusters);
  of.forEach((cluster) => counts[cluster]!++);
  return counts;
}

/** First centroids: each a point, drawn by its squared distance to those that are there already. */
function spread(points: Points, clusters: number, random: Random): Float32Array {
  const { data, count, dim } = points;
  const centroids = new Float32Array(clusters * dim);
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let chosen = random.int(count);
  for (let c = 0; c < clusters; c++) {
    centroids.set(data.subarray(chosen * dim, (chosen + 1) * dim), c * dim);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      nearest[i] = Math.min(nearest[i]!, squaredDistance(points, i, centroids, c));
      sum += nearest[i]!;
    }
    let left = random.next() * sum;
    // Where all points are one, any of them is as good as another.
    chosen = sum === 0 ? random.int(count) : nearest.findIndex((d) => (left -= d) < 0);
    if (chosen < 0) chosen = count - 1;
  }
  return centroids;
}

/** Puts every point into its nearest cluster. @returns how many changed theirs */
function assign(points: Points, centroids: Float32Array, of: Int32Array): number {
  const clusters = centroids.length / points.dim;
  let moved = 0;
  for (let i = 0; i < points.count; i++) {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let c = 0; c < clusters; c++) {
      const distance = squaredDistance(points, i, centroids, c);
      if (distance < least) [best, least] = [c, distance];
    }
    if (of[i] !== best) moved++;
    of[i] = best;
  }
  return moved;
}

/**
 * Gives every empty cluster half of the largest one: its points on one side of a plane through their
 * mean, in the direction of the first that is not at the mean; where all are one, every other point.
 */
export function fillEmpty(points: Points, of: Int32Array, counts: Int32Array): void {
  for (const empty of range(counts.length).filter((c) => counts[c] === 0)) {
    const largest = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
    const members = range(points.count).filter((i) => of[i] === largest);
    const sides = sidesOf(points, members);
    // Those on the other side stay: all of them together are at nought.
    const leaving = members.filter((_, n) => sides[n]! > 0);
    // Of points that are all one, rounding may put none on either side.
    const isSplit = leaving.length > 0 && leaving.length < members.length;
    const half = isSplit ? leaving : members.filter((_, n) => n % 2 === 1);
    for (const i of half) of[i] = empty;
    counts[empty] = half.length;
    counts[largest] = members.length - half.length;
  }
}

/** Of each member, how far it lies from the members' mean towards the one that is farthest from it. */
function sidesOf(points: Points, members: readonly number[]): number[] {
  const { data, dim } = points;
  const mean = new Float32Array(dim);
  for (const i of members)
    for (let d = 0; d < dim; d++) mean[d]! += data[i * dim + d]! / members.length;
  const distances = members.map((i) => squaredDistance(points, i, mean, 0));
  const farthest = members[distances.indexOf(Math.max(...distances))]!;
  return members.map((i) => {
    let product = 0;
    for (let d = 0; d < dim; d++)
      product += (data[i * dim + d]! - mean[d]!) * (data[farthest * dim + d]! - mean[d]!);
    return product;
  });
}

function recentre(
  { data, count, dim }: Points,
  of: Int32Array,
  counts: Int32Array,
  centroids: Float32Array,
): void {
  centroids.fill(0);
  for (let i = 0; i < count; i++) {
    const cluster = of[i]!;
    for (let d = 0; d < dim; d++)
      centroids[cluster * dim + d]! += data[i * dim + d]! / counts[cluster]!;
  }
}

function squaredDistance(
  { data, dim }: Points,
  i: number,
  rows: Float32Array,
  row: number,
): number {
  let sum = 0;
  for (let d = 0, a = i * dim, b = row * dim; d < dim; d++, a++, b++) {
    const apart = data[a]! - rows[b]!;
    sum += apart * apart;
  }
  return sum;
}
