/** Places in a linear memory: apart from one another, and one again when all are given back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesIn, type Place } from '../../shared/kernels/accumulate/memory.ts';

const PAGE = 65_536;

/** Takes (a size in bytes) and gives back (a share of what is held). */
const acts = fc.array(
  fc.oneof(
    fc.record({ take: fc.integer({ min: 0, max: 300_000 }) }),
    fc.record({ back: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  ),
  { maxLength: 60 },
);

test('are aligned, apart, inside the memory, and behind its start', () => {
  fc.assert(
    fc.property(acts, fc.integer({ min: 1, max: 70_000 }), (all, start) => {
      const memory = new WebAssembly.Memory({ initial: 2 });
      const places = placesIn(memory, start);
      const held: Place[] = [];
      for (const act of all) {
        if ('take' in act) {
          held.push(places.take(act.take));
          expect(held.at(-1)!.bytes).toBeGreaterThanOrEqual(act.take);
        } else held.splice(Math.floor(act.back * held.length), 1).forEach(places.giveBack);
        const sorted = [...held].sort((a, b) => a.at - b.at);
        for (const [i, { at, bytes }] of sorted.entries()) {
          expect(at % 16).toBe(0);
          expect(at).toBeGreaterThanOrEqual(start);
          expect(at + bytes).toBeLessThanOrEqual(sorted[i + 1]?.at ?? memory.buffer.byteLength);
        }
        // Two that hold nothing are still two places.
        expect(new Set(held.map(({ at }) => at)).size).toBe(held.length);
      }
      held.forEach(places.giveBack);
      const size = memory.buffer.byteLength;
      expect(places.take(size - start - 16).at).toBeLessThan(start + 16);
      expect(memory.buffer.byteLength).toBe(size);
    }),
  );
});

test('grow by no more pages than are missing', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const places = placesIn(memory, 0);
  places.take(PAGE - 160);
  expect(memory.buffer.byteLength).toBe(PAGE);
  places.take(PAGE + 160);
  expect(memory.buffer.byteLength).toBe(2 * PAGE);
});

test('that the platform does not give throw, and the rest stays as it was', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const places = placesIn(memory, 0);
  const place = places.take(1000);
  expect(() => places.take(3 * PAGE)).toThrow(RangeError);
  expect(places.take(2 * PAGE - 1008).at).toBe(1008);
  places.giveBack(place);
  expect(places.take(1000)).toEqual(place);
});
