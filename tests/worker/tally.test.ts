/** Counting without a write a request, and without losing or doubling any. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { BOUNDS_MS, bucketOf, quantile } from '../../worker/observe/buckets.ts';
import type { Batch } from '../../worker/observe/counters.ts';
import { Tally } from '../../worker/observe/tally.ts';

/** Time that passes when the test says so. */
function clock() {
  const waiting: (() => void)[] = [];
  return {
    wait: () => new Promise<void>((resolve) => waiting.push(resolve)),
    async pass() {
      for (const ring of waiting.splice(0)) ring();
      await new Promise(setImmediate);
    },
  };
}

describe('a tally', () => {
  test('sends all that came within a second as one batch, and begins another', async () => {
    const { wait, pass } = clock();
    const tally = new Tally(wait);
    const sent: Batch[] = [];
    const send = async (_: string, batch: Batch) => void sent.push(batch);
    const first = tally.add('reef', { counts: { a: 1 }, observed: { ms: 4 } }, send);
    expect(tally.add('reef', { counts: { a: 2, b: 1 }, observed: { ms: 6000 } }, send)).toBe(
      undefined,
    );
    const other = tally.add('atoll', { counts: { a: 5 } }, send);
    expect(sent).toEqual([]);
    await pass();
    await Promise.all([first, other]);
    expect(sent.map(({ counts }) => counts)).toEqual([{ a: 3, b: 1 }, { a: 5 }]);
    const { buckets, sum } = sent[0]!.observed['ms']!;
    expect([sum, buckets[bucketOf(4)], buckets.at(-1)]).toEqual([6004, 1, 1]);
    expect(tally.add('reef', { counts: { a: 1 } }, send)).toBeInstanceOf(Promise);
  });

  test('sends a batch that failed again, under the id that it had', async () => {
    const { wait, pass } = clock();
    const ids: string[] = [];
    const send = async (id: string) => {
      ids.push(id);
      if (ids.length < 3) throw new Error('no answer');
    };
    const told = new Tally(wait).add('reef', { counts: { a: 1 } }, send);
    for (let i = 0; i < 3; i++) await pass();
    await told;
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  test('says so when nobody takes a batch', async () => {
    const { wait, pass } = clock();
    const send = () => Promise.reject(new Error('no answer'));
    const told = new Tally(wait).add('reef', { counts: { a: 1 } }, send);
    const ended = Promise.resolve(told).catch((error: unknown) => error);
    for (let i = 0; i < 4; i++) await pass();
    expect(await ended).toEqual(new Error('no answer'));
  });
});

describe('a quantile of buckets', () => {
  test('is of the bucket that the value is in', () => {
    const random = new Random(3);
    const values = Array.from({ length: 2000 }, () => 4000 * random.next() ** 3);
    const counts = BOUNDS_MS.map(() => 0).concat(0);
    for (const value of values) counts[bucketOf(value)]!++;
    const sorted = values.toSorted((a, b) => a - b);
    for (const share of [0.1, 0.5, 0.95, 0.99]) {
      const exact = sorted[Math.ceil(share * values.length) - 1]!;
      expect(bucketOf(quantile(counts, share)!)).toBe(bucketOf(exact));
    }
  });

  test('of nothing is none, and of what is longer than all bounds the last bound', () => {
    expect(quantile([], 0.5)).toBeNull();
    const longest = BOUNDS_MS.map(() => 0).concat(7);
    expect(quantile(longest, 0.5)).toBe(5000);
  });
});
