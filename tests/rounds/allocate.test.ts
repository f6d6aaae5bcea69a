import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate } from '../../shared/rounds/allocate.ts';

type Standing = Parameters<typeof allocate>[0][number];

const count = fc.nat(300);
const standing: fc.Arbitrary<Standing> = fc.record({
  ...{ working: fc.oneof(fc.constant(0), count), accepted: fc.oneof(fc.constant(0), count) },
  spare: count,
});
const shards = fc.array(standing, { minLength: 1, maxLength: 40 });
const wanted = fc.integer({ min: 1, max: 12_000 });

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const have = (of: readonly Standing[]) => of.map(({ working, accepted }) => working + accepted);
const fresh = (spare: number): Standing => ({ working: 0, accepted: 0, spare });

describe('quotas', () => {
  test('come to what is wanted exactly, or to all that there are', () => {
    fc.assert(
      fc.property(shards, wanted, (all, many) => {
        const most = sum(have(all)) + sum(all.map(({ spare }) => spare));
        const least = sum(have(all));
        expect(sum(allocate(all, many))).toBe(Math.max(least, Math.min(many, most)));
      }),
    );
  });

  test('un-ask nobody, and ask nobody who is not there', () => {
    fc.assert(
      fc.property(shards, wanted, (all, many) => {
        allocate(all, many).forEach((quota, i) => {
          expect(quota).toBeGreaterThanOrEqual(have(all)[i]!);
          expect(quota).toBeLessThanOrEqual(have(all)[i]! + all[i]!.spare);
        });
      }),
    );
  });

  test('are spread as the volunteers are', () => {
    expect(allocate([fresh(60), fresh(30), fresh(10)], 10)).toEqual([6, 3, 1]);
    fc.assert(
      fc.property(fc.array(count, { minLength: 1, maxLength: 20 }), wanted, (spares, many) => {
        const rate = Math.min(1, many / Math.max(1, sum(spares)));
        allocate(spares.map(fresh), many).forEach((quota, i) => {
          expect(quota).toBeLessThan(rate * spares[i]! + 1);
        });
      }),
    );
  });

  test('stay as they are while a shard asks as many as it may', () => {
    // Else the first to answer is given what the others have been told already.
    fc.assert(
      fc.property(
        fc.array(count, { minLength: 1, maxLength: 20 }),
        wanted,
        fc.nat(),
        (spares, many, n) => {
          const quotas = allocate(spares.map(fresh), many);
          const asked = spares.map((spare, i) =>
            (n >> i) % 2 === 1
              ? { working: quotas[i]!, accepted: 0, spare: spare - quotas[i]! }
              : fresh(spare),
          );
          expect(allocate(asked, many)).toEqual(quotas);
        },
      ),
    );
  });

  test('leave a shard what it has beyond its share, and give the others less', () => {
    expect(allocate([{ working: 7, accepted: 1, spare: 2 }, fresh(10)], 10)).toEqual([8, 2]);
    expect(allocate([{ working: 7, accepted: 9, spare: 2 }, fresh(10)], 10)).toEqual([16, 0]);
  });

  test('are nothing where there is nobody', () => {
    expect(allocate([fresh(0), fresh(0)], 5)).toEqual([0, 0]);
  });
});
