import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batches, Random, range } from '../../shared/math/random.ts';

const draws = (random: Random, n: number) => Array.from({ length: n }, () => random.next());

describe('same seed, same numbers', () => {
  // Pinned: a change here changes every figure ever published from a seed.
  test.each([
    [0, [548183886, 1097162541, 2219297441, 1664216021]],
    [1, [1130556604, 2591592147, 3014952990, 960850752]],
    [42, [3825871779, 1851418855, 1383259262, 890322987]],
  ])('seed %d', (seed, expected) => {
    const random = new Random(seed);
    expect(expected.map(() => random.uint32())).toEqual(expected);
  });

  test('normal, shuffle and fork', () => {
    const random = new Random(7);
    expect(random.normal()).toBeCloseTo(0.1912452877363449, 12);
    expect(random.normal()).toBeCloseTo(-0.7304234357003953, 12);
    expect(random.fork('a').uint32()).toBe(3146703896);
    expect(new Random(3).shuffle(range(8))).toEqual([0, 3, 1, 2, 6, 7, 5, 4]);
  });

  /** PractRand's sfc32 in whole numbers of any size, from the same seeding: slow and obvious. */
  test('as sfc32 is published', () => {
    const M = 0xffffffffn;
    let mix = 99n;
    const word = () => {
      mix = (mix + 0x9e3779b9n) & M;
      let t = ((mix ^ (mix >> 16n)) * 0x21f0aaadn) & M;
      t = ((t ^ (t >> 15n)) * 0x735a2d97n) & M;
      return t ^ (t >> 15n);
    };
    let [a, b, c, counter] = [word(), word(), word(), word()];
    const next = () => {
      const out = (a + b + counter) & M;
      counter = (counter + 1n) & M;
      a = b ^ (b >> 9n);
      b = (c + (c << 3n)) & M;
      c = ((((c << 21n) | (c >> 11n)) & M) + out) & M;
      return Number(out);
    };
    for (let i = 0; i < 12; i++) next();
    const random = new Random(99);
    for (let i = 0; i < 1000; i++) expect(random.uint32()).toBe(next());
  });
});

test('goes on from where another stood, a normal that was left over included', () => {
  const random = new Random(5);
  for (let i = 0; i < 7; i++) random.normal();
  const { state } = random;
  const other = Random.at(structuredClone(state));
  const mixed = (one: Random) => [one.normal(), one.next(), one.normal(), one.fork('a').uint32()];
  expect(mixed(other)).toEqual(mixed(random));
  expect(mixed(Random.at(state))).not.toEqual(mixed(random));
});

describe('the numbers look random', () => {
  test('next is uniform in [0, 1): chi-squared over 100 bins', () => {
    const bins = Array.from({ length: 100 }, () => 0);
    for (const value of draws(new Random(1), 100_000)) bins[Math.floor(value * 100)]!++;
    const chi = bins.reduce((sum, seen) => sum + (seen - 1000) ** 2 / 1000, 0);
    // 99 degrees of freedom: outside [55, 150] once in a thousand seeds.
    expect(chi).toBeGreaterThan(55);
    expect(chi).toBeLessThan(150);
  });

  test('normal has mean 0, variance 1, and 4.6 % beyond two deviations', () => {
    const random = new Random(2);
    const values = Array.from({ length: 100_000 }, () => random.normal());
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((a, b) => a + b * b, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    const beyond = values.filter((value) => Math.abs(value) > 2).length / values.length;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.003);
  });

  test('int and uniform stay in their range and reach its ends', () => {
    const random = new Random(3);
    const ints = new Set(Array.from({ length: 200 }, () => random.int(5)));
    expect([...ints].sort()).toEqual([0, 1, 2, 3, 4]);
    for (let i = 0; i < 1000; i++)
      expect(random.uniform(-2, 3)).toSatisfy((x: number) => x >= -2 && x < 3);
  });

  test('seeds next to each other have nothing in common', () => {
    const [a, b] = [draws(new Random(10), 5000), draws(new Random(11), 5000)];
    expect(Math.abs(correlation(a, b))).toBeLessThan(0.05);
  });
});

function correlation(a: number[], b: number[]): number {
  // Of uniform numbers: mean 1/2, variance 1/12.
  return (12 * a.reduce((sum, x, i) => sum + (x - 0.5) * (b[i]! - 0.5), 0)) / a.length;
}

describe('fork', () => {
  test('drawing from a fork moves neither the parent nor another fork', () => {
    const [quiet, busy] = [new Random(5), new Random(5)];
    quiet.fork('rows');
    draws(busy.fork('rows'), 100);
    expect(draws(busy.fork('views'), 5)).toEqual(draws(quiet.fork('views'), 5));
    expect(draws(busy, 5)).toEqual(draws(quiet, 5));
  });

  test('labels part the streams, and so does forking twice', () => {
    const first = (label: string) => draws(new Random(5).fork(label), 5000);
    expect(Math.abs(correlation(first('a'), first('b')))).toBeLessThan(0.05);
    const random = new Random(5);
    expect(random.fork('a').uint32()).not.toBe(random.fork('a').uint32());
  });
});

describe('shuffle', () => {
  test('is a permutation, in place', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const shuffled = [...items];
        expect(new Random(seed).shuffle(shuffled)).toBe(shuffled);
        expect(shuffled.sort()).toEqual([...items].sort());
      }),
    );
  });

  test('every order of three comes equally often', () => {
    const random = new Random(6);
    const seen: Record<string, number> = {};
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle(range(3)).join('');
      seen[order] = (seen[order] ?? 0) + 1;
    }
    expect(Object.keys(seen)).toHaveLength(6);
    for (const times of Object.values(seen)) expect(Math.abs(times - 1000)).toBeLessThan(130);
  });
});

describe('batches', () => {
  const rows = [4, 8, 15, 16, 23, 42, 7];

  test.each([1, 3, 7, 10, 25])('of %d: every row once an epoch', (size) => {
    const stream = batches(rows, size, new Random(8));
    const drawn: number[] = [];
    while (drawn.length < rows.length * 20) {
      const batch = stream.next().value as number[];
      expect(batch).toHaveLength(size);
      drawn.push(...batch);
    }
    for (let epoch = 0; epoch < 20; epoch++) {
      const part = drawn.slice(epoch * rows.length, (epoch + 1) * rows.length);
      expect(part.sort()).toEqual([...rows].sort());
    }
  });

  test('the order is another in every epoch, and the rows stay as they were', () => {
    const given = [...rows];
    const stream = batches(given, rows.length, new Random(8));
    const epochs = range(10).map(() => (stream.next().value as number[]).join());
    expect(new Set(epochs).size).toBeGreaterThan(8);
    expect(given).toEqual(rows);
  });

  test('no rows, no batches', () => {
    expect(() => batches([], 4, new Random(1)).next()).toThrow('no rows');
  });
});
