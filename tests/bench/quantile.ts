/** The value below which a share `q` of the numbers lies, nearest rank: always one that was measured. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error('quantile: nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(q * sorted.length), sorted.length - 1)]!;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
