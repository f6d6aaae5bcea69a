/**
 * Inner products of vectors that come in slices: what a rule over whole vectors needs to know of
 * them. Each is summed in the vectors' order, one number after another, so that slices of any size
 * give the same bits.
 */
export function emptyProducts(vectors: number): Float64Array[] {
  return Array.from({ length: vectors }, () => new Float64Array(vectors));
}

/** products[i][j] += <vectors[i], vectors[j]> for j <= i; the rest is left to `mirror`. */
export function addProducts(
  products: readonly Float64Array[],
  vectors: readonly Float64Array[],
): void {
  for (const [i, vector] of vectors.entries()) {
    const row = products[i]!;
    for (let j = 0; j <= i; j++) {
      const other = vectors[j]!;
      let sum = row[j]!;
      for (let k = 0; k < vector.length; k++) sum += vector[k]! * other[k]!;
      row[j] = sum;
    }
  }
}

/** Fills products[j][i] from products[i][j], in place. */
export function mirror(products: readonly Float64Array[]): void {
  for (const [i, row] of products.entries()) for (let j = 0; j < i; j++) products[j]![i] = row[j]!;
}
