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

/**
 * Numbers on their way or held at a time over all parts, 8 MB of them: between two objects they exist
 * three times, and the root holds the result and the base too.
 */
export const HELD = 1 << 20;

/** Numbers of one part in a read, 1 MB: eight times as many cost workerd 70 MB more at the peak. */
const READ = 1 << 17;

/** Calls to objects and stores that an invocation may make on Cloudflare, by default. */
export const MOST_CALLS = 10_000;

/** Half of them: shards are told things meanwhile. */
const MOST_READS = MOST_CALLS / 2;

/** A slice's length where a rule needs all parts of it at once. */
export function sliceSizeFor(parts: number): number {
  return Math.max(1, Math.min(READ, Math.floor(HELD / parts)));
}

/** The same where one source is added to the others after another: longer only for the reads' sake. */
export function sumSliceSizeFor(sources: number, size: number): number {
  const slices = Math.max(1, Math.floor(MOST_READS / sources));
  return Math.min(HELD, Math.max(READ, Math.ceil(size / slices)));
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
    const read = await Promise.all(sources.map((_, i) => readOf(sources, i, from, to)));
    yield { from, to, sums: read.flat() };
  }
}

/** How many reads are under way at a time, of all sources, where each is a source's turn. */
export function aheadOf(sources: number, sliceSize: number): number {
  return Math.max(1, Math.min(sources, Math.floor(HELD / sliceSize)));
}

/**
 * The same, one source at a time in their order for every slice: what a sum needs. The next few are
 * on their way meanwhile, of all no more than `HELD` numbers.
 * @throws as `slicesOf`
 */
export async function* turnsOf(
  sources: readonly Source[],
  size: number,
  sliceSize: number,
): AsyncGenerator<Slice & { isFirst: boolean; isLast: boolean }> {
  const ahead = aheadOf(sources.length, sliceSize);
  const turns = Math.ceil(size / sliceSize) * sources.length;
  const turn = async (n: number) => {
    const i = n % sources.length;
    const from = sliceSize * Math.floor(n / sources.length);
    const to = Math.min(from + sliceSize, size);
    const sums = await readOf(sources, i, from, to);
    return { from, to, sums, isFirst: i === 0, isLast: i === sources.length - 1 };
  };
  const begin = (n: number) => {
    const begun = turn(n);
    // Its turn to fail comes with its turn.
    begun.catch(() => undefined);
    return begun;
  };
  const coming = Array.from({ length: Math.min(ahead, turns) }, (_, n) => begin(n));
  for (let next = coming.length; coming.length > 0;) {
    yield await coming.shift()!;
    if (next < turns) coming.push(begin(next++));
  }
}

async function readOf(
  sources: readonly Source[],
  i: number,
  from: number,
  to: number,
): Promise<Float64Array[]> {
  const source = sources[i]!;
  const sums = await source.read(from, to);
  if (sums.length !== source.parts.length || sums.some((sum) => sum.length !== to - from))
    throw new Error(`aggregation: source ${i} gave other parts than it said it had`);
  return sums;
}

/** The slice's sums divided by their parts' weights, in place. */
export function toMeans({ sums }: Slice, parts: readonly Part[]): Float64Array[] {
  for (const [p, sum] of sums.entries()) {
    const { weight } = parts[p]!;
    for (let i = 0; i < sum.length; i++) sum[i]! /= weight;
  }
  return sums;
}
