import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  packImages,
  toBytes,
  toLocalData,
  toUnit,
  unpackImages,
  type ImageSet,
} from '../../shared/images/image-set.ts';

const sets: fc.Arbitrary<ImageSet> = fc
  .record({ count: fc.integer({ min: 0, max: 12 }), each: fc.integer({ min: 1, max: 30 }) })
  .chain(({ count, each }) =>
    fc.record({
      pixels: fc.uint8Array({ minLength: count * each, maxLength: count * each }),
      labels: fc.uint16Array({ minLength: count, maxLength: count }),
      count: fc.constant(count),
    }),
  );

const TWO: ImageSet = {
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
  labels: Uint16Array.of(7, 258),
  count: 2,
};

describe('a packed set of images', () => {
  test('by hand: count and pixels an image, labels, pixels, all little-endian', () => {
    expect([...packImages(TWO)]).toEqual([2, 0, 0, 0, 3, 0, 0, 0, 7, 0, 2, 1, 1, 2, 3, 4, 5, 6]);
  });

  test('comes back as it was, from any place in a buffer', () => {
    fc.assert(
      fc.property(sets, fc.nat(9), (set, offset) => {
        const packed = packImages(set);
        const stored = new Uint8Array(packed.length + 16).fill(0xff);
        stored.set(packed, offset);
        const { pixels, labels, count } = unpackImages(
          stored.subarray(offset, offset + packed.length),
        );
        expect([...pixels]).toEqual([...set.pixels]);
        expect([...labels]).toEqual([...set.labels]);
        expect(count).toBe(set.count);
      }),
      { seed: 1 },
    );
  });

  const written = (at: number, value: number) => {
    const bytes = packImages(TWO);
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };

  test.each([
    ['more images than there are', written(0, 3)],
    ['fewer images than there are', written(0, 1)],
    ['no images, and bytes behind', written(0, 0)],
    ['as many images as a number can say', written(0, 0xffffffff)],
    ['larger images', written(4, 4)],
    ['images as large as a number can say', written(4, 0xffffffff)],
    ['images of no pixels', written(4, 0)],
  ])('is refused when its header says %s', (_, bytes) => {
    expect(() => unpackImages(bytes)).toThrow('image set: 18 bytes, but');
  });

  test('is refused when it is cut, wherever, or has a byte too many', () => {
    const packed = packImages(TWO);
    for (let length = 0; length < packed.length; length++)
      expect(() => unpackImages(packed.subarray(0, length)), String(length)).toThrow('image set');
    expect(() => unpackImages(Uint8Array.of(...packed, 0))).toThrow('image set');
  });
});

describe('a set that contradicts itself is not packed', () => {
  test.each([
    ['a label too many', { ...TWO, labels: Uint16Array.of(1, 2, 3) }],
    ['a label too few', { ...TWO, labels: Uint16Array.of(1) }],
    ['pixels that are not so many equal images', { ...TWO, pixels: new Uint8Array(5) }],
    ['pixels of no image', { pixels: new Uint8Array(3), labels: new Uint16Array(0), count: 0 }],
  ])('%s', (_, set) => {
    expect(() => packImages(set)).toThrow('image set');
  });
});

describe('pixels', () => {
  test('of 0 to 255 are numbers of 0 to 1, and come back exactly', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const numbers = toUnit(bytes);
    expect([numbers[0], numbers[255]]).toEqual([0, 1]);
    expect(toBytes(numbers)).toEqual(bytes);
  });

  test('outside of 0 to 1 are cut off, between two steps rounded', () => {
    expect([...toBytes(Float32Array.of(-1, -0, 0.5 / 255 + 1e-6, 1.0001, 7))]).toEqual([
      0, 0, 1, 255, 255,
    ]);
  });

  test('of a set become what an objective reads', () => {
    const { images, count, labels } = toLocalData(TWO);
    expect(images).toEqual(toUnit(TWO.pixels));
    expect([count, labels]).toEqual([2, Int32Array.of(7, 258)]);
  });
});
