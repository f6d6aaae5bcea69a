/** What is stored of a class under one version: its examples' unit embeddings, [count, dim], and their sum. */
export type Support = { sum: Float32Array; count: number; rows: Float32Array };

/** Sums of unit embeddings and how many each holds, `ways` rows of `dim`. */
export type Prototypes = { sums: Float32Array; counts: Float32Array; ways: number; dim: number };

/** What a head keeps of a class: one or more vectors, [k, dim], and what is added to their products. */
export type Fitted = { vectors: Float32Array; offset: number };

/**
 * A head that learns classes from a handful of embeddings, without touching the network: what the
 * edge classifies with. Every class is fitted on its own, so that adding one costs one and changes no
 * other's scores; a head that looks at several classes or queries at once (label propagation) does not
 * fit here. Embeddings are rows of unit length, `dim` numbers each.
 */
export type FewShotHead = {
  title: string;
  paper: string;
  /** What it reads of a support: the sum alone, or every example. The other may be empty. */
  reads: 'sum' | 'rows';
  fit: (support: Support, dim: number) => Fitted;
  /**
   * One number of a query's products with all vectors of a class; left out where a class has one
   * vector. With the offset it is the query's similarity to the class, in [-1, 1].
   */
  pool?: (products: Float32Array) => number;
};
