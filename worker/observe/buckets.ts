/** Upper bounds of a latency's buckets, in ms; a last one takes what is longer. */
export const BOUNDS_MS = [
  1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000,
] as const;

/** Which bucket a value falls into, 0 to BOUNDS_MS.length. */
export function bucketOf(ms: number): number {
  const at = BOUNDS_MS.findIndex((bound) => ms <= bound);
  return at < 0 ? BOUNDS_MS.length : at;
}

/**
 * The value below which a share of the observations lies, by straight lines within buckets, as
 * Prometheus' histogram_quantile does it: exact to a bucket's width.
 * @param counts observations a bucket  @param share in [0, 1]
 * @returns null without observations; the last bound where it lies behind it
 */
export function quantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [i, bound] of BOUNDS_MS.entries()) {
    const here = counts[i] ?? 0;
    if (here > 0 && below + here >= share * total) {
      const from = BOUNDS_MS[i - 1] ?? 0;
      return from + ((bound - from) * (share * total - below)) / here;
    }
    below += here;
  }
  return BOUNDS_MS[BOUNDS_MS.length - 1]!;
}
