import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import type { InputSpec } from '../../shared/nn/net.ts';
import { VIEWS } from '../../shared/views/index.ts';
import type { View } from '../../shared/views/view.ts';

const ENTRIES = Object.entries<View>(VIEWS);

const inputs = fc.record({
  size: fc.integer({ min: 16, max: 33 }),
  channels: fc.constantFrom(1, 3),
});
const seeds = fc.integer({ min: 1, max: 1e9 });

function imageOf({ size, channels }: InputSpec, seed: number): Float32Array {
  const random = new Random(seed);
  // A third of it black, a third white: the ends of the range are the likeliest to be left.
  const value = () => Math.min(1, Math.max(0, random.uniform(-1, 2)));
  return Float32Array.from({ length: size * size * channels }, value);
}

/** The view of one image that lies alone. */
function made(view: View, input: InputSpec, seed: number): Float32Array {
  const image = imageOf(input, seed);
  const to = new Float32Array(image.length).fill(Number.NaN);
  view.make(image, 0, to, 0, input, new Random(seed));
  return to;
}

test('every view is named as its file, a mirrored one after the view that it mirrors', () => {
  const files = readdirSync(new URL('../../shared/views', import.meta.url));
  const apart = ['index.ts', 'ids.ts', 'view.ts', 'transforms'];
  const names = files
    .filter((file) => !apart.includes(file))
    .map((file) => file.replace('.ts', ''));
  const own = Object.keys(VIEWS).filter((name) => !name.endsWith('-flip'));
  expect(names.sort()).toEqual(own.sort());
  for (const name of Object.keys(VIEWS)) expect(own).toContain(name.replace('-flip', ''));
});

describe.each(ENTRIES)('%s', (id, view) => {
  test('says what it does', () => {
    expect(view.title).not.toBe('');
  });

  test('fills its whole slot with numbers in [0, 1]', () => {
    fc.assert(
      fc.property(inputs, seeds, (input, seed) => {
        for (const value of made(view, input, seed)) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-6);
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test('the same seed makes the same view', () => {
    fc.assert(
      fc.property(inputs, seeds, (input, seed) => {
        expect(made(view, input, seed)).toEqual(made(view, input, seed));
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test('reads its image only and writes its slot only', () => {
    const gap = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(inputs, seeds, gap, gap, (input, seed, offset, target) => {
        const image = imageOf(input, seed);
        const { length } = image;
        // Whatever else were read would make the view NaN; whatever else were written is no longer -7.
        const from = new Float32Array(length + 80).fill(Number.NaN);
        from.set(image, offset);
        const before = from.slice();
        const to = new Float32Array(length + 80).fill(-7);
        view.make(from, offset, to, target, input, new Random(seed));
        expect(to.slice(target, target + length)).toEqual(made(view, input, seed));
        expect(to.subarray(0, target).every((value) => value === -7)).toBe(true);
        expect(to.subarray(target + length).every((value) => value === -7)).toBe(true);
        expect(from).toEqual(before);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  test('all channels of a pixel go the same way', () => {
    const [grey, colour] = [1, 3].map((channels) => ({ size: 20, channels }));
    const image = imageOf(grey!, 5);
    const tripled = Float32Array.from(
      { length: 3 * image.length },
      (_, i) => image[Math.floor(i / 3)]!,
    );
    const [one, three] = [new Float32Array(image.length), new Float32Array(tripled.length)];
    view.make(image, 0, one, 0, grey!, new Random(6));
    view.make(tripled, 0, three, 0, colour!, new Random(6));
    three.forEach((value, i) => expect(value).toBe(one[Math.floor(i / 3)]));
  });

  test('a black image stays black', () => {
    const to = new Float32Array(16 * 16).fill(1);
    view.make(new Float32Array(16 * 16), 0, to, 0, { size: 16, channels: 1 }, new Random(1));
    expect(to.every((value) => value === 0)).toBe(true);
  });

  test('another seed makes another view, unless there is no chance in it', () => {
    const input = { size: 20, channels: 1 };
    const image = imageOf(input, 1);
    const views = [1, 2, 3, 4, 5].map((seed) => {
      const to = new Float32Array(image.length);
      view.make(image, 0, to, 0, input, new Random(seed));
      return to.join();
    });
    expect(new Set(views).size).toBe(id === 'plain' ? 1 : 5);
  });
});

test('plain is the image itself', () => {
  const input = { size: 17, channels: 3 };
  expect(made(VIEWS.plain, input, 3)).toEqual(imageOf(input, 3));
});
