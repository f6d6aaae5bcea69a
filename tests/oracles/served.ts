import { expect } from 'vitest';
import { createPipeline, type PipelineConfig } from '../../shared/aggregation/pipeline.ts';
import { Random } from '../../shared/math/random.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { addScaled, subtract } from '../../shared/weights/delta.ts';
import { layoutOf, type Layout } from '../../shared/weights/layout.ts';
import type { Client } from './fedavg.ts';

export const PLAIN = {
  before: [],
  combine: 'weighted-mean',
  after: 'fedavg',
  settings: {},
} as const satisfies PipelineConfig;

/** Layers of these sizes, one after another. */
export function layersOf(...sizes: number[]): Layout {
  const init = { kind: 'constant', value: 0 } as const;
  return layoutOf(sizes.map((size, i) => ({ name: `layer${i}`, shape: [size], init })));
}

/**
 * Rounds as the server runs them: deltas through the codec, a tally, the parts combined, a step, the
 * state kept.
 * @returns the weights after the last round
 */
export async function served(
  start: readonly number[],
  rounds: readonly (readonly Client[])[],
  config: Partial<PipelineConfig>,
  layout = layersOf(start.length),
): Promise<number[]> {
  const pipeline = createPipeline({ ...PLAIN, ...config });
  const w = Float32Array.from(start);
  let state: Float32Array | undefined;
  for (const clients of rounds) {
    const tally = pipeline.begin(w.length);
    for (const { weights, examples } of clients) {
      const delta = subtract(Float32Array.from(weights), w);
      tally.add(open(encode('float32', delta, new Random(1)), { count: w.length }), examples);
    }
    const made = pipeline.step(await pipeline.combine([tally], { layout, base: w }), state);
    state = made.afterState;
    addScaled(w, made.step, 1);
  }
  return [...w];
}

/** Rounds of five clients each that train towards anywhere. */
export function crowd(seed: number, size: number, rounds: number, clients = 5): Client[][] {
  const random = new Random(seed);
  const client = () => ({
    weights: Array.from({ length: size }, () => random.normal()),
    examples: 1 + random.int(100),
  });
  return Array.from({ length: rounds }, () => Array.from({ length: clients }, client));
}

export function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  digits = 4,
): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
}
