import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allowance } from '../../worker/rounds/allowance.ts';

test('what was not spent lasts for a second', () => {
  const allowance = new Allowance(10);
  const spent = (now: number) =>
    Array.from({ length: 100 }, () => allowance.spend(1, now)).filter(Boolean).length;
  expect([spent(0), spent(0), spent(500), spent(60_000)]).toEqual([10, 0, 5, 10]);
});

test('what costs more than a second brings is spent now and then', () => {
  const allowance = new Allowance(10);
  const times = Array.from({ length: 200 }, (_, n) => 100 * n);
  // 10 at the beginning, 200 over the 20 seconds.
  expect(times.filter((now) => allowance.spend(30, now))).toEqual([
    ...[0, 2100, 5100, 8100, 11_100, 14_100, 17_100],
  ]);
});

test('a clock that is set back costs no more than what was saved up', () => {
  const allowance = new Allowance(10);
  expect(allowance.spend(10, 1_000_000)).toBe(true);
  expect([allowance.spend(1, 0), allowance.spend(1, 100)]).toEqual([false, true]);
});

test('never more than it brings, and what is saved up and owed once', () => {
  const spends = fc.array(
    fc.record({ after: fc.nat(400), amount: fc.integer({ min: 1, max: 50 }) }),
  );
  fc.assert(
    fc.property(spends, (list) => {
      const allowance = new Allowance(20);
      let [now, spent] = [0, 0];
      for (const { after, amount } of list) {
        now += after;
        if (allowance.spend(amount, now)) spent += amount;
      }
      expect(spent).toBeLessThanOrEqual(20 + (20 * now) / 1000 + 50);
    }),
    { seed: 2 },
  );
});
