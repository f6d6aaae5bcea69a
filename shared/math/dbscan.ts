import type { SparseDistances } from './re-ranking.ts';

/**
 * DBSCAN (Ester et al. 1996) over sparse distances: as many clusters as the points have, and some
 * points in none.
 * @param options `within`: how near a neighbour is; `least`: neighbours, itself included, that make a core
 * @returns each point's cluster, 0, 1, ..., or -1
 */
export function dbscan(
  distances: SparseDistances,
  { within, least }: { within: number; least: number },
): { of: Int32Array; clusters: number } {
  const near = distances.map((others) =>
    [...others].filter(([, distance]) => distance <= within).map(([other]) => other),
  );
  const isCore = near.map((others) => others.length + 1 >= least);
  const of = new Int32Array(near.length).fill(-1);
  let clusters = 0;
  near.forEach((_, start) => {
    if (!isCore[start] || of[start] !== -1) return;
    const cluster = clusters++;
    const reached = [start];
    of[start] = cluster;
    for (let point = reached.pop(); point !== undefined; point = reached.pop()) {
      if (!isCore[point]) continue;
      for (const other of near[point]!) {
        if (of[other] !== -1) continue;
        of[other] = cluster;
        reached.push(other);
      }
    }
  });
  return { of, clusters };
}
