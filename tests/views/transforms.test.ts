/** The parts that views are made of, against other sources than themselves. */
import { createCanvas } from '@napi-rs/canvas';
import { describe, expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { drawJitter, jitter } from '../../shared/views/transforms/colour.ts';
import { drawCrop } from '../../shared/views/transforms/crop.ts';
import { flip, flipped } from '../../shared/views/transforms/flip.ts';
import { warp } from '../../shared/views/transforms/warp.ts';
import { weak } from '../../shared/views/weak.ts';

const INPUT = { size: 16, channels: 3 };
const NOTHING = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };

/** Noise in steps of 1/255, as a canvas keeps it; not so bright that a filter would cut it off. */
function noise(seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: 16 * 16 * 3 }, () => (80 + random.int(90)) / 255);
}

/** What a canvas with a CSS filter makes of the image. */
function filtered(image: Float32Array, filter: string): Float32Array {
  const plain = createCanvas(16, 16).getContext('2d');
  const pixels = plain.createImageData(16, 16);
  for (const i of range(256))
    pixels.data.set(
      [...image.subarray(3 * i, 3 * i + 3)].map((v) => Math.round(255 * v)).concat(255),
      4 * i,
    );
  plain.putImageData(pixels, 0, 0);
  const through = createCanvas(16, 16).getContext('2d');
  through.filter = filter;
  through.drawImage(plain.canvas, 0, 0);
  const { data } = through.getImageData(0, 0, 16, 16);
  return Float32Array.from(image, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)]! / 255);
}

function jittered(image: Float32Array, by: Partial<typeof NOTHING>): Float32Array {
  const to = image.slice();
  jitter(to, 0, INPUT, { ...NOTHING, ...by });
  return to;
}

const furthest = (a: Float32Array, b: Float32Array) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe('colour', () => {
  test.each([
    ['hue-rotate(36deg)', { hue: Math.PI / 5 }],
    ['hue-rotate(-25deg)', { hue: (-25 / 180) * Math.PI }],
    ['saturate(1.4)', { saturation: 1.4 }],
    ['saturate(0.3)', { saturation: 0.3 }],
    ['brightness(1.3)', { brightness: 1.3 }],
    ['grayscale(1)', { saturation: 0 }],
  ])('is turned as a canvas does it by %s, to a step of its bytes', (filter, by) => {
    const image = noise(1);
    const expected = filtered(image, filter);
    expect(furthest(image, expected)).toBeGreaterThan(10 / 255);
    expect(furthest(jittered(image, by), expected)).toBeLessThan(1.6 / 255);
  });

  test('by a contrast of 0 every pixel is the mean, by 1 nothing changes', () => {
    const image = noise(2);
    expect(furthest(jittered(image, {}), image)).toBeLessThan(1e-6);
    const flat = jittered(image, { contrast: 0 });
    expect(furthest(flat, new Float32Array(flat.length).fill(flat[0]!))).toBe(0);
  });

  test('is drawn within its range, around no change', () => {
    const random = new Random(3);
    const drawn = range(2000).map(() =>
      drawJitter({ brightness: 0.4, contrast: 0, saturation: 0.2, hue: 0.1 }, random),
    );
    const ends = (name: keyof typeof NOTHING) => {
      const values = drawn.map((one) => one[name]);
      return [Math.min(...values), Math.max(...values)].map((value) => Number(value.toFixed(1)));
    };
    expect(ends('brightness')).toEqual([0.6, 1.4]);
    expect(ends('contrast')).toEqual([1, 1]);
    expect(ends('saturation')).toEqual([0.8, 1.2]);
    expect(ends('hue')).toEqual([-0.6, 0.6]);
  });
});

describe('a crop', () => {
  const RANGE = { area: [0.2, 1], ratio: 4 / 3 } as const;

  test('never reads outside the image, and covers the shares of its range', () => {
    const random = new Random(4);
    const white = new Float32Array(256).fill(1);
    const shares = range(500).map(() => {
      const map = drawCrop(RANGE, 16, random);
      const to = new Float32Array(256);
      warp(white, 0, to, 0, { size: 16, channels: 1 }, map);
      expect(Math.min(...to)).toBeGreaterThan(1 - 1e-6);
      return ((map.a * 15 + 1) / 16) * ((map.d * 15 + 1) / 16);
    });
    expect(Math.min(...shares)).toBeGreaterThan(0.2 - 1e-9);
    expect(Math.min(...shares)).toBeLessThan(0.25);
    expect(Math.max(...shares)).toBeGreaterThan(0.95);
  });

  test('of a ramp is a gentler ramp, somewhere on it', () => {
    const ramp = Float32Array.from({ length: 256 }, (_, i) => (i % 16) / 15);
    const to = new Float32Array(256);
    const map = drawCrop({ area: [0.3, 0.3], ratio: 1 }, 16, new Random(5));
    warp(ramp, 0, to, 0, { size: 16, channels: 1 }, map);
    const steps = range(15).map((x) => to[x + 1]! - to[x]!);
    for (const step of steps) expect(step).toBeCloseTo((16 * Math.sqrt(0.3) - 1) / 15 / 15, 5);
  });
});

describe('a flip', () => {
  test('changes left and right over, pixel by pixel, and twice is none', () => {
    const row = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const image = Float32Array.from([...row, ...row, ...row]);
    flip(image, 0, { size: 3, channels: 3 });
    expect([...image.subarray(0, 9)]).toEqual([7, 8, 9, 4, 5, 6, 1, 2, 3]);
    flip(image, 0, { size: 3, channels: 3 });
    expect([...image.subarray(18)]).toEqual([...row]);
  });

  test('comes in half of the cases, and leaves the view as it was in the others', () => {
    const image = noise(6);
    const make = (view: typeof weak, seed: number) => {
      const to = new Float32Array(image.length);
      view.make(image, 0, to, 0, INPUT, new Random(seed));
      return to;
    };
    const mirrored = range(400).filter((seed) => {
      const [one, other] = [make(weak, seed), make(flipped(weak), seed)];
      if (furthest(one, other) === 0) return false;
      flip(other, 0, INPUT);
      expect(other).toEqual(one);
      return true;
    });
    expect(mirrored.length).toBeGreaterThan(160);
    expect(mirrored.length).toBeLessThan(240);
  });
});
