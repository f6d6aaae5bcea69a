import { pickRows } from '../math/rows.ts';
import { Random, range } from '../math/random.ts';
import type { InputSpec } from '../nn/net.ts';
import type { LocalData, Objective } from '../objectives/contract.ts';
import type { ViewName } from '../views/index.ts';
import { makeViews } from './loader.ts';

/** Views by the names that their objective knows them by: rows * size * size * channels numbers each. */
export type Views = Record<string, Float32Array>;

/** All that the views of one step follow from. Can be posted to another thread. */
export type ViewOrder = {
  /** The step's images only, one after the other: whoever makes their views holds no others. */
  images: Float32Array;
  input: InputSpec;
  views: Readonly<Record<string, ViewName>>;
  seed: number;
  step: number;
};

/** Makes what `viewsOf` makes, to the bit. May take the order's images away. */
export type ViewMaker = (order: ViewOrder) => Promise<Views>;

type Source = { objective: Objective; data: LocalData; input: InputSpec; seed: number };

export function orderOf(
  { objective, data, input, seed }: Source,
  rows: readonly number[],
  step: number,
): ViewOrder {
  const pixels = input.size * input.size * input.channels;
  const images = pickRows(data.images, rows, pixels);
  return { images, input, views: objective.views, seed, step };
}

/** The chance in a step's views is the seed's and the step's number alone. */
export function viewsOf({ images, input, views, seed, step }: ViewOrder): Views {
  const count = images.length / (input.size * input.size * input.channels);
  const random = new Random(seed).fork(`views of step ${step}`);
  return makeViews({ images, count }, input, views, range(count), random);
}
