import fc from 'fast-check';
import { expect, test } from 'vitest';
import { largest } from '../../shared/math/largest.ts';
import { range } from '../../shared/math/random.ts';

test('the largest are those that sorting all would put first', () => {
  const values = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 60 });
  fc.assert(
    fc.property(values, fc.integer({ min: 0, max: 70 }), (numbers, count) => {
      // Sorting is stable: of equal ones the earlier place comes first.
      const sorted = range(numbers.length).sort((a, b) => numbers[b]! - numbers[a]!);
      expect(largest(numbers, count)).toEqual(sorted.slice(0, count));
    }),
    { seed: 1 },
  );
});
