/**
 * Vectors ranked by how close they lie to the others, from nothing but their inner products: Krum's
 * score, the sum of squared distances to the `near` nearest of the other n - 1 (Blanchard et al. 2017,
 * "Machine learning with adversaries: Byzantine tolerant gradient descent", section 4).
 * @param products `products[p][q]` = <p, q> for the first `n` of its rows and columns
 * @returns the places 0 to n - 1, the lowest score first; of equal ones the shorter vector, as two of
 *   three always are
 */
export function nearestFirst(products: readonly Float64Array[], n: number, near: number): number[] {
  const scores = Array.from({ length: n }, (_, p) => score(products, p, n, near));
  const squareOf = (p: number) => products[p]![p]!;
  return [...scores.keys()].sort(
    (p, q) => scores[p]! - scores[q]! || squareOf(p) - squareOf(q) || p - q,
  );
}

function score(products: readonly Float64Array[], p: number, n: number, near: number): number {
  const squares = new Float64Array(n - 1);
  // Own squares first: then i to j is j to i to the last bit, and equals are equal.
  for (let q = 0, at = 0; q < n; q++)
    if (q !== p) squares[at++] = products[p]![p]! + products[q]![q]! - 2 * products[p]![q]!;
  return squares
    .sort()
    .subarray(0, near)
    .reduce((sum, square) => sum + square, 0);
}
