import type { Part } from './contract.ts';

/** The parts of one shard, wherever it runs: what the root combines. A `Tally` is one. */
export type Source = {
  readonly parts: readonly Part[];
  /**
   * Numbers `from` up to but without `to` of each part's sum, in the order of `parts`: a fresh array
   * each, which the reader may overwrite.
   */
  read(from: number, to: number): Promise<Float64Array[]> | Float64Array[];
};

/** A stretch of the model: `sums[part][i]` is number `from + i` of the part's sum. */
export type Slice = { from: number; to: number; sums: Float64Array[] };

/** Numbers held at a time over all parts, 8 MB of them: the root holds the result and the base too. */
const HELD = 1 << 20;

/** A slice's length where the caller names none: all parts of it are `HELD` numbers. */
export function sliceSizeFor(parts: number): number {
  return Math.max(1, Math.floor(HELD / parts));
}

/**
 * Reads a stretch of all sources' parts, slice by slice; never more than one slice is held.
 * @throws when a source gives other arrays than its parts say: a shard that was torn down meanwhile
 */
export async function* slicesOf(
  sources: readonly Source[],
  stretch: { from: number; to: number },
  sliceSize: number,
): AsyncGenerator<Slice> {
  for (let from = stretch.from; from < stretch.to; from += sliceSize) {
    const to = Math.min(from + sliceSize, stretch.to);
    const read = await Promise.all(sources.map((source) => source.read(from, to)));
    for (const [i, sums] of read.entries())
      if (sums.length !== sources[i]!.parts.length || sums.some((sum) => sum.length !== to - from))
        throw new Error(`aggregation: source ${i} gave other parts than it said it had`);
    yield { from, to, sums: read.flat() };
  }
}

/** The slice's sums divided by their parts' weights, in place. */
export function toMeans({ sums }: Slice, parts: readonly Part[]): Float64Array[] {
  for (const [p, sum] of sums.entries()) {
    const { weight } = parts[p]!;
    for (let i = 0; i < sum.length; i++) sum[i]! /= weight;
  }
  return sums;
}
