import fc from 'fast-check';
import type { Pipeline } from '../../shared/aggregation/pipeline.ts';
import type { Source } from '../../shared/aggregation/slices.ts';
import type { Tally } from '../../shared/aggregation/tally.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open, type Opened } from '../../shared/weights/codec.ts';
import { layoutOf } from '../../shared/weights/layout.ts';

/** Three layers, so that a rule that works layer by layer shows where it ends one. */
export const LAYOUT = layoutOf(
  [[2, 2], [2], [1]].map((shape, i) => ({
    name: `layer${i}`,
    shape,
    init: { kind: 'constant', value: 0 },
  })),
);
export const SIZE = LAYOUT.size;
export const BASE = Float32Array.from({ length: SIZE }, (_, i) => 1 - 0.3 * i);

/** A volunteer's delta and the examples it was learned from. */
export type Upload = { values: readonly number[]; weight: number };

export function delta(values: ArrayLike<number>): Opened {
  const message = encode('float32', Float32Array.from(values), new Random(1));
  return open(message, { count: values.length });
}

export function count(tally: Tally, uploads: readonly Upload[]): Tally {
  for (const { values, weight } of uploads) tally.add(delta(values), weight);
  return tally;
}

/** What the root makes of uploads that were spread over shards. */
export function combined(
  pipeline: Pipeline,
  shards: readonly (readonly Upload[])[],
  sliceSize?: number,
): Promise<Float32Array> {
  const sources: Source[] = shards.map((uploads) => count(pipeline.begin(SIZE), uploads));
  return pipeline.combine(sources, {
    layout: LAYOUT,
    base: BASE,
    ...(sliceSize === undefined ? {} : { sliceSize }),
  });
}

/** Deltas of ordinary size, each with the examples it was learned from. */
export const uploads = fc.array(
  fc.record({
    values: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
      minLength: SIZE,
      maxLength: SIZE,
    }),
    weight: fc.integer({ min: 1, max: 500 }),
  }),
  { minLength: 1, maxLength: 12 },
);

/** Uploads around a centre of norm 1, each about `spread` away from it. */
export function crowd(seed: number, length: number, spread = 0.3): Upload[] {
  const random = new Random(seed);
  const direction = (norm: number) => {
    const values = Array.from({ length: SIZE }, () => random.normal());
    return values.map((value) => (norm * value) / lengthOf(values));
  };
  const centre = direction(1);
  return Array.from({ length }, () => {
    const off = direction(spread);
    return { values: centre.map((value, i) => value + off[i]!), weight: 1 + random.int(100) };
  });
}

export function meanOf(of: readonly Upload[]): number[] {
  return BASE.reduce<number[]>(
    (mean, _, i) => [...mean, of.reduce((sum, { values }) => sum + values[i]!, 0) / of.length],
    [],
  );
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return lengthOf(Array.from(a, (value, i) => value - b[i]!));
}

function lengthOf(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
}
