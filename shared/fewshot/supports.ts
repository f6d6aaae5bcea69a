import { pickRows } from '../math/rows.ts';
import type { Support } from './contract.ts';

/** Labelled embeddings as one support a class. @param rows [n, dim]  @param labels n of 0 to ways - 1 */
export function supportsOf(
  rows: Float32Array,
  labels: ArrayLike<number>,
  ways: number,
  dim: number,
): Support[] {
  const places: number[][] = Array.from({ length: ways }, () => []);
  for (let i = 0; i < labels.length; i++) places[labels[i]!]!.push(i);
  return places.map((own) => supportOf(pickRows(rows, own, dim), dim));
}

/** @param rows one class's unit embeddings, [count, dim] */
export function supportOf(rows: Float32Array, dim: number): Support {
  const sum = new Float32Array(dim);
  for (let i = 0; i < rows.length; i++) sum[i % dim]! += rows[i]!;
  return { rows, sum, count: rows.length / dim };
}

/** Both classes' examples as one class: what fitting them at once would give. */
export function joinSupports(a: Support, b: Support): Support {
  const rows = new Float32Array(a.rows.length + b.rows.length);
  rows.set(a.rows);
  rows.set(b.rows, a.rows.length);
  return { rows, sum: a.sum.map((value, d) => value + b.sum[d]!), count: a.count + b.count };
}

/** A class without one of its examples. */
export function withoutExample({ rows, sum, count }: Support, index: number): Support {
  const dim = sum.length;
  const [from, to] = [index * dim, (index + 1) * dim];
  const rest = new Float32Array(rows.length - dim);
  rest.set(rows.subarray(0, from));
  rest.set(rows.subarray(to), from);
  return { rows: rest, sum: sum.map((value, d) => value - rows[from + d]!), count: count - 1 };
}
