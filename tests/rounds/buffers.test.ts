import { expect, test } from 'vitest';
import { Buffers } from '../../worker/rounds/buffers.ts';

test('memory that was given back is used again, by those whose bodies are as long', () => {
  const buffers = new Buffers();
  const [one, two] = [buffers.take(1000), buffers.take(1000)];
  expect(one).not.toBe(two);
  buffers.giveBack(one);
  expect(buffers.take(999)).not.toBe(one);
  expect(buffers.take(1000)).toBe(one);
  expect(buffers.take(1000)).not.toBe(one);
});

test('16 MB are kept, of what came last', () => {
  const buffers = new Buffers();
  const four = [1, 2, 3, 4].map(() => buffers.take(5_000_000));
  for (const buffer of four) buffers.giveBack(buffer);
  const again = [1, 2, 3, 4].map(() => buffers.take(5_000_000));
  expect(again.filter((buffer) => four.includes(buffer))).toEqual(four.slice(1));
});
