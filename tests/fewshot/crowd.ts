import { supportsOf } from '../../shared/fewshot/supports.ts';
import { Random, range } from '../../shared/math/random.ts';

/** Base classes of a crowd: noisy logits, unit embeddings about a centre each, two seed examples a class. */
export function crowd(seed: number, ways = 4, images = 40, dim = 6) {
  const random = new Random(seed);
  const normals = (n: number) => range(n).map(() => random.normal());
  const centres = range(ways).map(() => normals(dim));
  const labels = range(images).map((i) => i % ways);
  const near = (label: number) => {
    const row = normals(dim).map((value, d) => 0.6 * value + centres[label]![d]!);
    const length = Math.hypot(...row);
    return row.map((value) => Math.fround(value / length));
  };
  const z = labels.map(near);
  const logits = labels.map((label) =>
    range(ways).map((way) => Math.fround(1.5 * random.normal() + (way === label ? 3 : 0))),
  );
  return {
    ways,
    dim,
    labels,
    z,
    logits,
    examples: range(ways).map((way) => [near(way), near(way)]),
  };
}

export const flat = (rows: number[][]) => Float32Array.from(rows.flat());

export function seedOf({ examples, ways, dim }: ReturnType<typeof crowd>) {
  const labels = examples.flatMap((rows, way) => rows.map(() => way));
  return supportsOf(flat(examples.flat()), labels, ways, dim);
}
