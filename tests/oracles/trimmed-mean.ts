/**
 * Yin et al. 2018, definition 2: of each coordinate, the mean of what is left of the values once the
 * largest and smallest `beta` fraction are gone. A fraction of a value is a whole one.
 */
export function trimmedMean(vectors: readonly (readonly number[])[], beta: number): number[] {
  return vectors[0]!.map((_, j) => {
    const left = vectors.map((vector) => vector[j]!);
    let gone = 0;
    while (gone < beta * vectors.length) {
      left.splice(left.indexOf(Math.max(...left)), 1);
      left.splice(left.indexOf(Math.min(...left)), 1);
      gone++;
    }
    return left.reduce((a, b) => a + b, 0) / left.length;
  });
}
