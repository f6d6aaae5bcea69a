/** What is stored of a class under one version: its examples' unit embeddings, [count, dim], and their sum. */
export type Support = { sum: Float32Array; count: number; rows: Float32Array };

/** Sums of unit embeddings and how many each holds, `ways` rows of `dim`. */
export type Prototypes = { sums: Float32Array; counts: Float32Array; ways: number; dim: number };

/** What a head keeps of a class: one or more vectors, [k, dim], and what is added to their products. */
export type Fitted = { vectors: Float32Array; offset: number };

/** What is kept of all classes: [vectors, dim]; class c has those from `starts[c]` until before `starts[c + 1]`. */
export type Kept = { vectors: Float32Array; starts: Int32Array; ways: number; dim: number };

/**
 * A head that learns classes from a handful of embeddings, without touching the network: what the
 * edge classifies with. What it keeps of a class is fitted on that class alone, so that adding one costs
 * one. Most heads score every class alone, too, and a new one changes no other's scores; one that
 * learns all classes against each other, or looks at all queries of a request, says so by `learn` or
 * `propagate`. Embeddings are rows of unit length, `dim` numbers each.
 */
export type FewShotHead = {
  title: string;
  paper: string;
  /** What it reads of a support: the sum alone, or every example. The other may be empty. */
  reads: 'sum' | 'rows';
  fit: (support: Support, dim: number) => Fitted;
  /**
   * One number of a query's products with all vectors of a class; left out where a class has one
   * vector and its product is the score. With the offset it is the query's similarity to the class, in
   * [-1, 1].
   */
  pool?: (products: Float32Array) => number;
  /**
   * One vector a class, [ways, dim], learnt from what is kept of all of them, to be compared with in its
   * place. The same numbers for the same classes, whatever came and went before.
   */
  learn?: (kept: Kept) => Float32Array;
  /** Similarities of queries that are looked at together, [queries, ways], in place of products. */
  propagate?: (kept: Kept, queries: Float32Array) => Float32Array;
};

/** Whether each class is scored by itself: then any part of the classes can be asked alone. */
export function scoresAlone(head: FewShotHead): boolean {
  return head.learn === undefined && head.propagate === undefined;
}
