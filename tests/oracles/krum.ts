type Vectors = readonly (readonly number[])[];

/**
 * Blanchard et al. 2017, section 4: `s(i) = sum over i -> j of |V_i - V_j|^2`, where i -> j says that
 * V_j is among the n - f - 2 vectors closest to V_i.
 */
export function krumScores(vectors: Vectors, f: number): number[] {
  const n = vectors.length;
  return vectors.map((own, i) => {
    const others = vectors.filter((_, j) => j !== i);
    const squares = others.map((other) =>
      own.reduce((sum, value, k) => sum + (value - other[k]!) ** 2, 0),
    );
    squares.sort((a, b) => a - b);
    let score = 0;
    for (let k = 0; k < n - f - 2; k++) score += squares[k]!;
    return score;
  });
}

/** The vector with the least score. */
export function krum(vectors: Vectors, f: number): readonly number[] {
  const scores = krumScores(vectors, f);
  return vectors[scores.indexOf(Math.min(...scores))]!;
}

/** The mean of the m vectors with the least scores. */
export function multiKrum(vectors: Vectors, f: number, m: number): number[] {
  const scores = krumScores(vectors, f);
  const limit = [...scores].sort((a, b) => a - b)[m - 1]!;
  const chosen = vectors.filter((_, i) => scores[i]! <= limit);
  return chosen[0]!.map((_, k) => chosen.reduce((sum, vector) => sum + vector[k]!, 0) / m);
}
