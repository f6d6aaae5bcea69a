import type { Layout } from '../weights/layout.ts';
import type { ColumnRule, Combine, Part, ProductRule } from './contract.ts';
import { addProducts, emptyProducts, mirror } from './products.ts';
import {
  sliceSizeFor,
  slicesOf,
  sumSliceSizeFor,
  toMeans,
  turnsOf,
  type Source,
} from './slices.ts';

type Values = Readonly<Record<string, number>>;
type Weighing = Pick<ProductRule, 'over' | 'weigh'>;

/** What the deltas are differences to. */
export type Ground = {
  layout: Layout;
  /** The weights that the round started from, [size]. */
  base: Float32Array;
  /** Numbers of each part that are read at once; left out, as many as fit memory and calls. */
  sliceSize?: number;
};

/** Of fewer, none is a minority. */
export const LEAST_PARTS = 3;

type Job = {
  sources: readonly Source[];
  parts: readonly Part[];
  values: Values;
  ground: Ground;
  sliceSize: number;
};

/**
 * Makes one delta, [size], of all sources' parts, in slices: at no time is more held than one slice
 * of every part, the base and the result. Slices of any size give the same bits.
 * @throws when nothing was counted
 */
export async function combine(
  rule: Combine,
  values: Values,
  sources: readonly Source[],
  ground: Ground,
): Promise<Float32Array> {
  const { layout, base } = ground;
  const parts = sources.flatMap((source) => source.parts);
  if (parts.length === 0) throw new Error('aggregation: no delta was counted');
  if (base.length !== layout.size)
    throw new Error(`aggregation: ${base.length} base weights for a model of ${layout.size}`);
  const chosen =
    rule.reads === 'sum'
      ? sumSliceSizeFor(sources.length, layout.size)
      : sliceSizeFor(parts.length);
  const sliceSize = ground.sliceSize ?? chosen;
  if (!(Number.isInteger(sliceSize) && sliceSize > 0))
    throw new Error(`aggregation: slices of ${sliceSize} numbers`);
  const job = { sources, parts, values, ground, sliceSize };
  if (rule.reads === 'sum') return combineSums(job);
  if (rule.robust && parts.length < LEAST_PARTS) return combineProducts(shortest, job);
  return rule.reads === 'columns' ? combineColumns(rule, job) : combineProducts(rule, job);
}

/** Everything over the weight of everything. */
async function combineSums({ sources, parts, ground, sliceSize }: Job): Promise<Float32Array> {
  const { size } = ground.layout;
  const out = new Float32Array(size);
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  let sum: Float64Array = new Float64Array(0);
  for await (const { from, to, sums, isFirst, isLast } of turnsOf(sources, size, sliceSize)) {
    if (isFirst) sum = sums.shift() ?? new Float64Array(to - from);
    for (const one of sums) for (let i = 0; i < sum.length; i++) sum[i]! += one[i]!;
    if (isLast) for (let i = 0; i < sum.length; i++) out[from + i] = sum[i]! / total;
  }
  return out;
}

async function combineColumns(rule: ColumnRule, job: Job): Promise<Float32Array> {
  const { sources, parts, values, ground, sliceSize } = job;
  const out = new Float32Array(ground.layout.size);
  for await (const slice of slicesOf(sources, whole(ground), sliceSize)) {
    const means = toMeans(slice, parts);
    writeColumns(out, slice.from, means, (column) => rule.pick(column, values));
  }
  return out;
}

function writeColumns(
  out: Float32Array,
  at: number,
  means: readonly Float64Array[],
  pick: (column: Float64Array) => number,
): void {
  const column = new Float64Array(means.length);
  for (let i = 0; i < means[0]!.length; i++) {
    for (let part = 0; part < column.length; part++) column[part] = means[part]![i]!;
    // A typed array sorts as numbers, and without a callback.
    out[at + i] = pick(column.sort());
  }
}

/** Two passes over each stretch that is weighed at once: the inner products, then the weighted sum. */
async function combineProducts(rule: Weighing, job: Job): Promise<Float32Array> {
  const { layout } = job.ground;
  const out = new Float32Array(layout.size);
  const layers = layout.entries.map(({ offset, size }) => ({ from: offset, to: offset + size }));
  for (const stretch of rule.over === 'layer' ? layers : [whole(job.ground)]) {
    const products = emptyProducts(job.parts.length + 1);
    for await (const { vectors } of vectorsOf(job, stretch)) addProducts(products, vectors);
    mirror(products);
    const factors = rule.weigh(products, job.parts, job.values);
    for await (const { from, vectors } of vectorsOf(job, stretch))
      writeSum(out, from, vectors, factors);
  }
  return out;
}

/** The parts' means and, last, the base weights. */
async function* vectorsOf(
  { sources, parts, ground, sliceSize }: Job,
  stretch: { from: number; to: number },
): AsyncGenerator<{ from: number; vectors: Float64Array[] }> {
  for await (const slice of slicesOf(sources, stretch, sliceSize)) {
    const base = Float64Array.from(ground.base.subarray(slice.from, slice.to));
    yield { from: slice.from, vectors: [...toMeans(slice, parts), base] };
  }
}

function writeSum(
  out: Float32Array,
  at: number,
  vectors: readonly Float64Array[],
  factors: Float64Array,
): void {
  const sum = new Float64Array(vectors[0]!.length);
  for (const [v, vector] of vectors.entries())
    if (factors[v] !== 0) for (let i = 0; i < sum.length; i++) sum[i]! += factors[v]! * vector[i]!;
  out.set(sum, at);
}

function whole({ layout }: Ground): { from: number; to: number } {
  return { from: 0, to: layout.size };
}

/**
 * What stands in for a robust rule where there are one or two parts. Of two that differ nothing can
 * tell which one lies, and their mean is half a lie of any size. The shorter one is not longer than
 * the honest one, so whoever lies moves the model no further than honest work would have.
 */
const shortest: Weighing = {
  over: 'model',
  weigh(products, parts) {
    let best = 0;
    for (const p of parts.keys()) if (products[p]![p]! < products[best]![best]!) best = p;
    const factors = new Float64Array(products.length);
    factors[best] = 1;
    return factors;
  },
};
