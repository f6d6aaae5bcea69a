import { expect, test } from 'vitest';
import { affinePermutations, ORDERS, PIECES } from '../../shared/math/affine-permutations.ts';
import { range } from '../../shared/math/random.ts';

test('any two orders of a jigsaw differ in eight places at least', () => {
  const orders = affinePermutations();
  expect(orders).toHaveLength(ORDERS);
  expect(orders[0]).toEqual(range(PIECES));
  for (const [i, order] of orders.entries()) {
    expect([...order].sort()).toEqual(range(PIECES));
    for (const other of orders.slice(0, i))
      expect(order.filter((piece, place) => piece !== other[place]).length).toBeGreaterThanOrEqual(
        8,
      );
  }
});
