import { expect, test } from 'vitest';
import { layoutOf } from '../../shared/weights/layout.ts';

const init = { kind: 'constant', value: 0 } as const;

test('parameters lie one after another, in the order given', () => {
  const layout = layoutOf([
    { name: 'kernel', shape: [3, 3, 1, 2], init },
    { name: 'bias', shape: [2], init },
    { name: 'scale', shape: [], init },
  ]);
  expect(layout.entries.map(({ name, offset, size }) => [name, offset, size])).toEqual([
    ['kernel', 0, 18],
    ['bias', 18, 2],
    ['scale', 20, 1],
  ]);
  expect(layout.size).toBe(21);
});

test('shape and start are kept', () => {
  const he = { kind: 'he', fanIn: 9 } as const;
  const [entry] = layoutOf([{ name: 'kernel', shape: [9, 4], init: he }]).entries;
  expect(entry).toEqual({ name: 'kernel', shape: [9, 4], init: he, offset: 0, size: 36 });
});

test('no parameters, no numbers', () => {
  expect(layoutOf([])).toEqual({ entries: [], size: 0 });
});

test('a name may occur once', () => {
  const twice = ['a', 'b', 'a'].map((name) => ({ name, shape: [1], init }));
  expect(() => layoutOf(twice)).toThrow('"a" occurs twice');
});

test.each([[[0]], [[2, -3]], [[1.5]], [[NaN]], [[Infinity]]])(
  'the shape %j is refused',
  (shape) => {
    expect(() => layoutOf([{ name: 'a', shape, init }])).toThrow('"a" has the shape');
  },
);
