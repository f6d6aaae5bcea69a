/** Two classifiers on the same items, and whether their difference may be chance. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mcNemar, pair } from '../../shared/math/paired.ts';

describe('two classifiers', () => {
  test('are counted item by item and class by class', () => {
    const labels = [0, 0, 0, 1, 1, 2];
    const paired = pair(labels, [0, 0, 1, 1, 2, 0], [0, 1, 1, 1, 1, 1], 4);
    expect(paired).toEqual({
      ...{ both: 2, first: 1, second: 1, neither: 2, same: 3 },
      classes: [
        { items: 3, first: 2, second: 1 },
        { items: 2, first: 1, second: 2 },
        { items: 1, first: 0, second: 0 },
        { items: 0, first: 0, second: 0 },
      ],
    });
  });

  test('must have answered the same items', () => {
    expect(() => pair([0], [0, 1], [0], 2)).toThrow('2 and 1 answers to 1 items');
  });
});

/** The same in whole numbers: 2 * sum of C(n, k) over 2^n. */
function byCounting(first: number, second: number): number {
  const n = BigInt(first + second);
  let [choose, tail] = [1n, 0n];
  for (let k = 0n; k <= BigInt(Math.min(first, second)); k++) {
    tail += choose;
    choose = (choose * (n - k)) / (k + 1n);
  }
  const scale = 10n ** 15n;
  return Math.min(1, Number((2n * tail * scale) / 2n ** n) / 1e15);
}

describe("McNemar's test", () => {
  // R: binom.test(c(1, 9))$p.value, binom.test(c(6, 16))$p.value
  test.each([
    [0, 0, 1],
    [1, 9, 0.021484375],
    [16, 6, 0.052478790283203125],
    [5, 5, 1],
  ])('of %i against %i is %f', (first, second, p) => {
    expect(mcNemar(first, second)).toBeCloseTo(p, 12);
  });

  test('is what counting gives, however many items differ', () => {
    const some = fc.integer({ min: 0, max: 900 });
    fc.assert(
      fc.property(some, some, (first, second) => {
        expect(mcNemar(first, second)).toBeCloseTo(byCounting(first, second), 9);
        expect(mcNemar(first, second)).toBe(mcNemar(second, first));
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});
