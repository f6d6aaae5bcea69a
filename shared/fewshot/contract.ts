/**
 * A head that learns classes from a handful of embeddings, without touching the network: what the
 * edge classifies with. Embeddings are rows of unit length, `dim` numbers each.
 */
export type FewShotHead<Fit> = {
  title: string;
  paper: string;
  /**
   * @param z support embeddings, [n, dim]  @param labels their classes, 0 to ways - 1
   * @throws when a class has no support
   */
  fit: (z: Float32Array, labels: ArrayLike<number>, ways: number, dim: number) => Fit;
  /** Similarity of each query to each class, [queries, ways]: cosines in [-1, 1]. */
  scores: (fit: Fit, queries: Float32Array) => Float32Array;
  /** What fitting both supports at once would give. Needs sums that add, so not every head has it. */
  merge?: (a: Fit, b: Fit) => Fit;
};
