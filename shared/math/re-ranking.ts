import type { Neighbours } from './neighbours.ts';
import { range } from './random.ts';

/** How alike two points are, sparsely: of each point the others at a distance below 1, by their place. */
export type SparseDistances = ReadonlyMap<number, number>[];

/** A point as the weights of those around it, which sum to one. */
type Membership = Map<number, number>;

/**
 * Re-ranking with k-reciprocal neighbours (Zhong et al. 2017, arXiv:1701.08398, sections 3.2 to 3.4):
 * two points are close when the same others are theirs, and they are those others'. What makes
 * clusters of raw embeddings usable; of n points only those with a neighbour in common are compared.
 * @param neighbours at least `k + 1` of each point, itself among them
 * @param options `k`: neighbours looked at; `expand`: how many memberships are averaged (k2); `most`:
 *   distances above it are left out
 * @returns Jaccard distances, in [0, 1); a point's to itself is left out, and so is a distance of 1
 */
export function jaccardDistances(
  neighbours: Neighbours,
  { k, expand, most = 1 }: { k: number; expand: number; most?: number },
): SparseDistances {
  const nearest = (size: number) => reciprocal(neighbours.near, size + 1);
  const wide = nearest(k);
  const narrow = nearest(Math.max(1, Math.round(k / 2)));
  const own = range(wide.length).map((p) => membership(expanded(p, wide, narrow), p, neighbours));
  const shared = neighbours.near.map((near) => meanOf(near.slice(0, expand).map((q) => own[q]!)));
  return distancesOf(shared, most);
}

/** Of each point, those of its nearest `size` that it is one of the nearest `size` of. */
function reciprocal(near: readonly (readonly number[])[], size: number): Set<number>[] {
  const first = near.map((others) => new Set(others.slice(0, size)));
  return first.map((others, p) => new Set([...others].filter((q) => first[q]!.has(p))));
}

/** Equation 4: with the neighbours of a neighbour, where two thirds of them are the point's own. */
function expanded(p: number, wide: readonly Set<number>[], narrow: readonly Set<number>[]) {
  const all = new Set(wide[p]!);
  for (const q of wide[p]!) {
    const theirs = [...narrow[q]!];
    const common = theirs.filter((r) => wide[p]!.has(r)).length;
    if (common >= (2 / 3) * theirs.length) theirs.forEach((r) => all.add(r));
  }
  return all;
}

/** Equation 7: the weight of another falls with its distance. One that is not among the nearest is as far as the last of them. */
function membership(others: Set<number>, p: number, { near, squares }: Neighbours): Membership {
  const distance = new Map(near[p]!.map((q, i) => [q, Math.sqrt(squares[p]![i]!)]));
  const farthest = Math.sqrt(squares[p]!.at(-1)!);
  const weights = [...others].map((q) => Math.exp(-(distance.get(q) ?? farthest)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return new Map([...others].map((q, i) => [q, weights[i]! / sum]));
}

/** Equation 11: the mean of the memberships of the nearest, itself among them. */
function meanOf(memberships: readonly Membership[]): Membership {
  const mean: Membership = new Map();
  for (const one of memberships)
    for (const [q, weight] of one) mean.set(q, (mean.get(q) ?? 0) + weight / memberships.length);
  return mean;
}

/** Equation 10: 1 - sum min / sum max; both sum to one each, so sum max is 2 - sum min. */
function distancesOf(memberships: readonly Membership[], most: number): SparseDistances {
  const holders = range(memberships.length).map(() => [] as [number, number][]);
  memberships.forEach((one, p) => one.forEach((weight, q) => holders[q]!.push([p, weight])));
  // A number for every other point, used again for each: a map of its own took half as long again.
  const common = new Float64Array(memberships.length);
  return memberships.map((one, p) => {
    const touched = new Set<number>();
    for (const [q, weight] of one)
      for (const [other, theirs] of holders[q]!) {
        common[other]! += Math.min(weight, theirs);
        touched.add(other);
      }
    touched.delete(p);
    const near = new Map<number, number>();
    for (const other of touched) {
      const distance = 1 - common[other]! / (2 - common[other]!);
      if (distance <= most) near.set(other, distance);
    }
    common.fill(0);
    return near;
  });
}
