import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPipeline } from '../../shared/aggregation/pipeline.ts';
import { plainSum, type MakeSum } from '../../shared/weights/sum.ts';
import { BASE, LAYOUT, SIZE, count, crowd, delta, uploads } from './uploads.ts';

const PLAIN = { before: [], after: 'fedavg', settings: {} } as const;
const MEAN = createPipeline({ ...PLAIN, combine: 'weighted-mean' });
const THREE = createPipeline({
  ...PLAIN,
  combine: 'coordinate-median',
  settings: { buckets: 3 },
});
const BOTH = [
  ['one part', MEAN],
  ['three parts', THREE],
] as const;

/** As a kernel's memory may: whatever is done, the arrays it gave before are of no use any more. */
const restless: MakeSum = (size) => {
  let values = new Float64Array(size);
  const move = () => {
    const moved = values.slice();
    values.fill(NaN);
    values = moved;
    return moved;
  };
  return {
    size,
    add: (opened, weight) => opened.accumulate(move(), weight),
    values: move,
    free: () => void values.fill(NaN),
  };
};

test('deltas are dealt out in turns, and parts without one are left out', () => {
  const tally = THREE.begin(SIZE);
  expect([tally.parts, tally.read(0, SIZE)]).toEqual([[], []]);
  const list = [2, 3, 5, 7, 11].map((weight) => ({ values: Array(SIZE).fill(1), weight }));
  count(tally, list.slice(0, 2));
  expect(tally.parts.map((part) => part.weight)).toEqual([2, 3]);
  count(tally, list.slice(2));
  expect(tally.parts).toEqual([
    { weight: 9, count: 2 },
    { weight: 14, count: 2 },
    { weight: 5, count: 1 },
  ]);
  expect(tally.read(1, 3)).toEqual([9, 14, 5].map((sum) => Float64Array.of(sum, sum)));
  expect([tally.weight, tally.count]).toEqual([28, 5]);
});

test('a rule that needs the sum alone has one part', () => {
  const tally = count(MEAN.begin(SIZE), crowd(1, 20));
  expect(tally.parts).toHaveLength(1);
  expect(tally.read(0, SIZE)).toHaveLength(1);
});

test("what was read is the reader's own", () => {
  const tally = count(THREE.begin(SIZE), crowd(2, 4));
  const [before] = [tally.read(0, SIZE)];
  for (const sum of tally.read(0, SIZE)) sum.fill(NaN);
  tally.parts[0]!.weight = 0;
  expect(tally.read(0, SIZE)).toEqual(before);
  expect(tally.parts[0]!.weight).toBeGreaterThan(0);
});

test('a stale delta shrinks, and its weight does not', () => {
  const pipeline = createPipeline({ ...PLAIN, before: ['staleness'], combine: 'weighted-mean' });
  const tally = pipeline.begin(2);
  expect(tally.add(delta([3, 4]), 10, { staleness: 3 })).toEqual({ norm: 5, factor: 0.5 });
  expect([tally.weight, tally.read(0, 2)]).toEqual([10, [Float64Array.of(15, 20)]]);
});

test('rules before see what the rules before them have made', () => {
  const before = ['staleness', 'clip-norm'] as const;
  const settings = { clipNorm: 2 };
  const tally = createPipeline({ ...PLAIN, before, combine: 'weighted-mean', settings }).begin(2);
  // Of norm 5, halved for its staleness, clipped from 2.5 to 2.
  expect(tally.add(delta([3, 4]), 1, { staleness: 3 }).factor).toBeCloseTo(0.4, 12);
});

describe.each(BOTH)('%s', (_, pipeline) => {
  test('the same deltas in the same order make the same bits, on any sum', () => {
    fc.assert(
      fc.property(uploads, (list) => {
        const [first, again] = [plainSum, restless].map((makeSum) =>
          count(pipeline.begin(SIZE, makeSum), list),
        );
        expect(again!.parts).toEqual(first!.parts);
        expect(again!.read(0, SIZE)).toEqual(first!.read(0, SIZE));
        expect(again!.snapshot()).toEqual(first!.snapshot());
      }),
    );
  });

  test('a snapshot comes back to the bit and counts on, at any alignment', () => {
    fc.assert(
      fc.property(uploads, uploads, fc.nat(9), (early, late, offset) => {
        const before = count(pipeline.begin(SIZE), early);
        const snapshot = before.snapshot();
        const stored = new Uint8Array(snapshot.length + 16);
        stored.set(snapshot, offset);
        const view = stored.subarray(offset, offset + snapshot.length);
        const restored = pipeline.restore(view, SIZE, restless);
        stored.fill(0xff);
        expect(restored.snapshot()).toEqual(snapshot);
        expect(count(restored, late).snapshot()).toEqual(count(before, late).snapshot());
      }),
    );
  });

  test('its pieces are the snapshot, however it is cut and cut again', () => {
    fc.assert(
      fc.property(uploads, fc.integer({ min: 1, max: 200 }), fc.nat(40), (list, most, cut) => {
        const tally = count(pipeline.begin(SIZE, restless), list);
        const chunks: Uint8Array[] = [];
        for (const chunk of tally.chunks(most)) {
          expect(chunk.length).toBeLessThanOrEqual(most);
          chunks.push(chunk.slice());
          // Moves the sums' memory between two pieces.
          tally.read(0, 1);
        }
        const whole = tally.snapshot();
        expect(Buffer.concat(chunks).equals(whole)).toBe(true);
        const others = [whole.subarray(0, cut), new Uint8Array(0), whole.subarray(cut)];
        for (const pieces of [chunks, others])
          expect(pipeline.restore(pieces, SIZE).snapshot()).toEqual(whole);
      }),
    );
  });

  test('a snapshot of another size is refused, also of nothing', () => {
    for (const tally of [pipeline.begin(SIZE), count(pipeline.begin(SIZE), crowd(3, 4))]) {
      const snapshot = tally.snapshot();
      const longer = new Uint8Array(snapshot.length + 1);
      longer.set(snapshot);
      for (const size of [SIZE - 1, SIZE + 1, 0])
        expect(() => pipeline.restore(snapshot, size)).toThrow('snapshot');
      for (const bytes of [snapshot.subarray(1), snapshot.subarray(0, -1), longer])
        expect(() => pipeline.restore(bytes, SIZE)).toThrow('snapshot');
      expect(() => pipeline.restore([snapshot, new Uint8Array(3)], SIZE)).toThrow('behind its end');
      expect(() => pipeline.restore([], SIZE)).toThrow('ends too early');
    }
  });
});

test('a snapshot of other buckets, or of none that could be, is refused and freed', () => {
  const list = crowd(4, 5);
  const snapshot = count(THREE.begin(SIZE), list).snapshot();
  expect(() => MEAN.restore(snapshot, SIZE)).toThrow('3 parts');
  const four = createPipeline({
    ...PLAIN,
    combine: 'coordinate-median',
    settings: { buckets: 4 },
  });
  expect(() => four.restore(snapshot, SIZE)).toThrow('4 buckets');
  const words = new Float64Array(snapshot.slice().buffer);
  for (const weight of [0, -1, NaN, Infinity]) {
    words[2] = weight;
    expect(() => THREE.restore(new Uint8Array(words.buffer), SIZE)).toThrow('snapshot');
  }
  let open = 0;
  const counted: MakeSum = (size) => {
    open++;
    return { ...plainSum(size), free: () => void open-- };
  };
  expect(() => THREE.restore(snapshot.subarray(0, -1), SIZE, counted)).toThrow('too early');
  expect(open).toBe(0);
});

test('all its sums are freed with it', () => {
  const freed: number[] = [];
  let made = 0;
  const watched: MakeSum = (size) => {
    const id = made++;
    return { ...plainSum(size), free: () => void freed.push(id) };
  };
  count(THREE.begin(SIZE, watched), crowd(5, 7)).free();
  expect([made, freed]).toEqual([3, [0, 1, 2]]);
});

test('when a sum cannot take a delta, nothing was counted', () => {
  const failing: MakeSum = (size) => ({
    ...plainSum(size),
    add() {
      throw new Error('no memory');
    },
  });
  const tally = THREE.begin(SIZE, failing);
  expect(() => count(tally, crowd(6, 1))).toThrow('no memory');
  expect([tally.count, tally.weight, tally.parts]).toEqual([0, 0, []]);
});

test('a tally is what the root reads, and stays as it was', async () => {
  const tally = count(THREE.begin(SIZE), crowd(7, 6));
  const before = tally.snapshot();
  const ground = { layout: LAYOUT, base: BASE };
  const mean = await THREE.combine([tally], ground);
  expect(await THREE.combine([tally], ground)).toEqual(mean);
  expect(tally.snapshot()).toEqual(before);
});
