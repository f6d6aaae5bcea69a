import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMBINE_IDS, type CombineId } from '../../shared/aggregation/ids.ts';
import { COMBINE } from '../../shared/aggregation/index.ts';
import { createPipeline, type Pipeline } from '../../shared/aggregation/pipeline.ts';
import {
  sliceSizeFor,
  sumSliceSizeFor,
  turnsOf,
  type Source,
} from '../../shared/aggregation/slices.ts';
import { BASE, combined, count, crowd, LAYOUT, SIZE, uploads, type Upload } from './uploads.ts';

const GROUND = { layout: LAYOUT, base: BASE };

function pipelineOf(combine: CombineId, buckets = 16): Pipeline {
  const settings = COMBINE[combine].reads === 'sum' ? {} : { buckets };
  return createPipeline({ before: [], combine, after: 'fedavg', settings });
}

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-6): void {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++)
    expect(Math.abs(a[i]! - b[i]!)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(b[i]!)));
}

/** Cuts a list at random into shards, some of them empty. */
const spread = (list: readonly Upload[]) =>
  fc
    .array(fc.nat(3), { minLength: list.length, maxLength: list.length })
    .map((shards) => [0, 1, 2, 3].map((s) => list.filter((_, i) => shards[i] === s)));

describe.each(COMBINE_IDS)('combine %s', (id) => {
  const pipeline = pipelineOf(id);

  test('one delta is itself, whatever its weight', async () => {
    // Along the base, where l-dawa's cosines are 1 too.
    const values = [...BASE].map((value) => 0.5 * value);
    for (const weight of [1e-3, 1, 17, 1e9])
      expectClose(await combined(pipeline, [[{ values, weight }]]), values);
  });

  test('volunteers who agree are agreed with, in any buckets and shards', async () => {
    const values = [...BASE].map((value) => -0.25 * value);
    const list = Array.from({ length: 20 }, (_, i) => ({ values, weight: 1 + i }));
    for (const buckets of [1, 3, 16])
      for (const shards of [[list], [list.slice(0, 3), [], list.slice(3)]])
        expectClose(await combined(pipelineOf(id, buckets), shards), values);
  });

  test('the order of arrival does not matter, while each delta is a part', async () => {
    const shuffled = fc
      .tuple(fc.nat(1e6), fc.integer({ min: 1, max: 12 }))
      .map(([seed, length]) => crowd(seed, length))
      .chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([list, other]) => {
        expectClose(await combined(pipeline, [list]), await combined(pipeline, [other]));
      }),
    );
  });

  test('nor over how many shards they are spread', async () => {
    await fc.assert(
      fc.asyncProperty(uploads.chain(spread), async (shards) => {
        expectClose(await combined(pipeline, shards), await combined(pipeline, [shards.flat()]));
      }),
    );
  });

  test('slices of any size give the same bits', async () => {
    await fc.assert(
      fc.asyncProperty(uploads, fc.integer({ min: 1, max: SIZE }), async (list, sliceSize) => {
        const shards = [list, list.slice(1)];
        expect(await combined(pipelineOf(id, 3), shards, sliceSize)).toEqual(
          await combined(pipelineOf(id, 3), shards),
        );
      }),
    );
  });

  test('no more than a slice is read at a time, one after another', async () => {
    const tally = count(pipeline.begin(SIZE), crowd(1, 5));
    const reads: [number, number][] = [];
    let open = 0;
    const source: Source = {
      parts: tally.parts,
      async read(from, to) {
        expect(open++).toBe(0);
        reads.push([from, to]);
        await Promise.resolve();
        open--;
        return tally.read(from, to);
      },
    };
    await pipeline.combine([source], { ...GROUND, sliceSize: 2 });
    for (const [from, to] of reads) expect(to - from).toBeLessThanOrEqual(2);
    const touched = new Set(
      reads.flatMap(([from, to]) => (to - from === 2 ? [from, from + 1] : [from])),
    );
    expect(touched.size).toBe(SIZE);
  });

  test('nothing is no delta', async () => {
    for (const sources of [
      [],
      [pipeline.begin(SIZE)],
      [pipeline.begin(SIZE), pipeline.begin(SIZE)],
    ])
      await expect(pipeline.combine(sources, GROUND)).rejects.toThrow('no delta was counted');
  });

  test('a source that does not give what it says is refused', async () => {
    const { parts, read } = {
      parts: [{ weight: 1, count: 1 }],
      read: (from: number, to: number) => [new Float64Array(to - from)],
    };
    for (const source of [
      { parts: [...parts, ...parts], read },
      { parts, read: () => [] },
      { parts, read: (from: number, to: number) => [new Float64Array(to - from + 1)] },
    ])
      await expect(pipeline.combine([source], GROUND)).rejects.toThrow('source 0');
    const base = BASE.subarray(1);
    await expect(pipeline.combine([{ parts, read }], { layout: LAYOUT, base })).rejects.toThrow(
      'base weights',
    );
    for (const sliceSize of [0, -1, 0.5, NaN])
      await expect(pipeline.combine([{ parts, read }], { ...GROUND, sliceSize })).rejects.toThrow(
        'slices of',
      );
  });
});

test('sums in shards are the joint sum to 1e-12, and the mean to the last bit of a float32', async () => {
  const pipeline = pipelineOf('weighted-mean');
  const spreads = uploads.chain((list) => fc.tuple(fc.constant(list), spread(list)));
  await fc.assert(
    fc.asyncProperty(spreads, async ([list, shards]) => {
      const tallies = shards.map((of) => count(pipeline.begin(SIZE), of));
      const [joint] = count(pipeline.begin(SIZE), list).read(0, SIZE);
      const sums = tallies.flatMap((tally) => tally.read(0, SIZE));
      const size = list.reduce((sum, { weight }) => sum + 3 * weight, 0);
      joint!.forEach((sum, i) => {
        const spreadSum = sums.reduce((total, part) => total + part[i]!, 0);
        expect(Math.abs(spreadSum - sum)).toBeLessThanOrEqual(1e-12 * size);
      });
      const mean = await combined(pipeline, [list]);
      expectClose(await combined(pipeline, shards), mean, 2 ** -23);
    }),
  );
});

test('a slice is chosen so that all parts of it are 8 MB, or 1 MB each', () => {
  for (const parts of [1, 3, 8]) expect(sliceSizeFor(parts)).toBe(2 ** 17);
  for (const parts of [9, 100, 128])
    expect(Math.abs(8 * parts * sliceSizeFor(parts) - 2 ** 23)).toBeLessThan(8 * parts);
});

test('sums are read in few enough calls for one invocation, 8 MB at a time', () => {
  for (const sources of [1, 2, 52, 256])
    for (const size of [10, 76_000, 1e6, 7e6]) {
      const slice = sumSliceSizeFor(sources, size);
      expect(slice).toBeLessThanOrEqual(2 ** 20);
      expect(sources * Math.ceil(size / slice)).toBeLessThanOrEqual(5000);
    }
  expect(sumSliceSizeFor(256, 1e6)).toBe(2 ** 17);
});

test('sums are read one shard after the other, the next few ahead, and come in their order', async () => {
  const size = 5 * 2 ** 17 - 3;
  let [reads, under, most] = [0, 0, 0];
  const sources: Source[] = Array.from({ length: 20 }, (_, shard) => ({
    parts: [{ weight: 1, count: 1 }],
    async read(from, to) {
      reads++;
      most = Math.max(most, (under += to - from));
      // Those that were asked for first are answered last.
      for (let n = 0; n < 40 - shard; n++) await Promise.resolve();
      under -= to - from;
      return [new Float64Array(to - from).fill(shard)];
    },
  }));
  const seen: [number, number][] = [];
  for await (const { from, sums } of turnsOf(sources, size, 2 ** 17))
    seen.push([from, sums[0]![0]!]);
  expect(reads).toBe(100);
  expect(most).toBe(2 ** 20);
  const order = [0, 1, 2, 3, 4].flatMap((slice) => sources.map((_, i) => [slice * 2 ** 17, i]));
  expect(seen).toEqual(order);
});

test('a shard that fails ends the sum, whatever is on its way', async () => {
  const good: Source = {
    parts: [{ weight: 1, count: 1 }],
    read: async (from, to) => [new Float64Array(to - from)],
  };
  const bad: Source = { ...good, read: () => Promise.reject(new Error('torn down')) };
  const sources = [good, bad, bad, good];
  const pipeline = pipelineOf('weighted-mean');
  await expect(pipeline.combine(sources, GROUND)).rejects.toThrow('torn down');
});
