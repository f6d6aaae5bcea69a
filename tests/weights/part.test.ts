import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layoutOf, type ParamSpec } from '../../shared/weights/layout.ts';
import { partOf } from '../../shared/weights/part.ts';

const spec = (name: string, ...shape: number[]): ParamSpec => ({
  ...{ name, shape, init: { kind: 'constant', value: 0 } },
});
const WHOLE = layoutOf([spec('a', 2), spec('b', 1, 2), spec('c', 1)]);
const FLAT = Float32Array.of(1, 2, 3, 4, 5);

describe('a part of the weights', () => {
  test('takes its numbers out in its own order of offsets', () => {
    const part = partOf(WHOLE, (name) => name !== 'b');
    expect(part.layout.entries.map(({ name, offset }) => [name, offset])).toEqual([
      ['a', 0],
      ['c', 2],
    ]);
    expect([...part.take(FLAT)]).toEqual([1, 2, 5]);
  });

  test('moves by a step, and leaves the rest and what it was given alone', () => {
    const part = partOf(WHOLE, (name) => name !== 'b');
    expect([...part.moved(FLAT, Float32Array.of(10, 20, 30), 0.5)]).toEqual([6, 12, 3, 4, 20]);
    expect([...FLAT]).toEqual([1, 2, 3, 4, 5]);
  });

  test('that is everything has the whole layout, and copies nothing', () => {
    const part = partOf(WHOLE, () => true);
    expect(part.layout).toBe(WHOLE);
    expect(part.take(FLAT)).toBe(FLAT);
  });

  test('of any parameters, moved by what was taken, is twice itself', () => {
    fc.assert(
      fc.property(fc.subarray(['a', 'b', 'c'], { minLength: 1 }), (names) => {
        const part = partOf(WHOLE, (name) => names.includes(name));
        const moved = part.moved(FLAT, part.take(FLAT));
        expect([...part.take(moved)]).toEqual([...part.take(FLAT)].map((x) => 2 * x));
        expect(moved.reduce((a, b) => a + b)).toBe(15 + part.take(FLAT).reduce((a, b) => a + b));
      }),
    );
  });

  test('cannot be empty, nor be taken of other weights', () => {
    expect(() => partOf(WHOLE, () => false)).toThrow('no parameter is left to train');
    const part = partOf(WHOLE, (name) => name === 'b');
    expect(() => part.take(FLAT.subarray(1))).toThrow('4 numbers for a layout of 5');
    expect(() => part.moved(FLAT, FLAT)).toThrow('5 numbers for a layout of 2');
  });
});
