/** Yin et al. 2018, definition 1: of each coordinate, the usual median in one dimension. */
export function coordinateMedian(vectors: readonly (readonly number[])[]): number[] {
  return vectors[0]!.map((_, j) => {
    const values = vectors.map((vector) => vector[j]!);
    const atMost = (x: number) => values.filter((value) => value <= x).length;
    const least = (needed: number) =>
      Math.min(...values.filter((value) => atMost(value) >= needed));
    const n = values.length;
    // The two middle ones of an even number; of an odd one, the middle one twice.
    return (least(Math.floor((n + 1) / 2)) + least(Math.floor(n / 2) + 1)) / 2;
  });
}
