import { largest } from './largest.ts';

/** An undirected weighted graph: edge e joins `from[e]` and `to[e]`, and no node to itself. */
export type Graph = { count: number; from: Int32Array; to: Int32Array; weights: Float64Array };

export type Edge = [from: number, to: number, weight: number];

/**
 * Edges from a node to the nodes that are most similar to it; what has no weight is no edge.
 * @param similarities of this node to every node, itself included  @param weight of a similarity
 */
export function nearestEdges(
  node: number,
  similarities: ArrayLike<number>,
  near: number,
  weight: (similarity: number) => number,
): Edge[] {
  return largest(similarities, near + 1)
    .filter((other) => other !== node)
    .slice(0, near)
    .map((other): Edge => [node, other, weight(similarities[other]!)])
    .filter(([, , by]) => by > 0);
}

/** A pair that chose each other has two edges, which add up: `W = A + A'` (Iscen et al. 2019, section 3.2). */
export function graphOf(count: number, edges: readonly Edge[]): Graph {
  return {
    count,
    from: Int32Array.from(edges, ([node]) => node),
    to: Int32Array.from(edges, ([, other]) => other),
    weights: Float64Array.from(edges, ([, , by]) => by),
  };
}

/** Weights divided by the roots of both ends' degrees: D^-1/2 W D^-1/2. */
function normalised({ count, from, to, weights }: Graph): Graph {
  const degrees = new Float64Array(count);
  weights.forEach((weight, e) => {
    degrees[from[e]!]! += weight;
    degrees[to[e]!]! += weight;
  });
  const scaled = weights.map((by, e) => by / Math.sqrt(degrees[from[e]!]! * degrees[to[e]!]!));
  return { count, from, to, weights: scaled };
}

/**
 * How much of each class reaches every node: `Z` of `(I - alpha S) Z = Y`, S the normalised graph, by
 * conjugate gradients (Zhou et al. 2004; Iscen et al. 2019, equation 10). A class's nodes share
 * one unit in Y, so that a class with more of them does not drown the others.
 * @param labels a class a node; -1 where it has none  @param alpha from 0 to 1, what is handed on
 * @returns [count, classes], not negative
 */
export function propagate(
  graph: Graph,
  labels: ArrayLike<number>,
  { classes, alpha, iterations }: { classes: number; alpha: number; iterations: number },
): Float64Array {
  const { count } = graph;
  const scaled = normalised(graph);
  const out = new Float64Array(count * classes);
  for (let c = 0; c < classes; c++) {
    const y = Float64Array.from({ length: count }, (_, node) => Number(labels[node] === c));
    const members = y.reduce((a, b) => a + b, 0);
    if (members === 0) continue;
    const z = conjugateGradient(
      (x) => spread(scaled, x).map((value, i) => x[i]! - alpha * value),
      y.map((value) => value / members),
      iterations,
    );
    z.forEach((value, node) => (out[node * classes + c] = Math.max(0, value)));
  }
  return out;
}

/** W x */
function spread({ count, from, to, weights }: Graph, x: Float64Array): Float64Array {
  const out = new Float64Array(count);
  weights.forEach((weight, e) => {
    out[from[e]!]! += weight * x[to[e]!]!;
    out[to[e]!]! += weight * x[from[e]!]!;
  });
  return out;
}

/**
 * Solves `A x = b` for a symmetric positive definite A that is known by its products alone (Hestenes and
 * Stiefel 1952), from zero, until the residual is a millionth of b or the iterations are spent.
 */
export function conjugateGradient(
  product: (x: Float64Array) => Float64Array,
  b: Float64Array,
  iterations: number,
): Float64Array {
  const x = new Float64Array(b.length);
  const residual = b.slice();
  let direction = b.slice();
  let square = dot(residual, residual);
  const enough = 1e-12 * square;
  for (let i = 0; i < iterations && square > enough; i++) {
    const applied = product(direction);
    const step = square / dot(direction, applied);
    for (let k = 0; k < b.length; k++) {
      x[k]! += step * direction[k]!;
      residual[k]! -= step * applied[k]!;
    }
    const next = dot(residual, residual);
    const keep = next / square;
    direction = direction.map((value, k) => residual[k]! + keep * value);
    square = next;
  }
  return x;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
