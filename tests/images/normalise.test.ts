/** What an image becomes for the model. The handwriting here is drawn by a small pen of our own. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalise } from '../../shared/images/normalise.ts';

const GREY = { size: 28, channels: 1 };
const COLOUR = { size: 32, channels: 3 };

type Point = { x: number; y: number };
type Rgba = { data: Uint8ClampedArray; width: number; height: number };

/** RGBA where every pixel is what `colour` says. */
function image(width: number, height: number, colour: (x: number, y: number) => number[]): Rgba {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [r, g, b, a = 255] = colour(x, y);
      data.set([r!, g!, b!, a], (y * width + x) * 4);
    }
  return { data, width, height };
}

const grey = (value: number) => [value, value, value];

/** A polyline drawn with a round pen; ink is 1 in the middle and falls off over one pixel. */
function stroke(points: readonly Point[], pen: number): (x: number, y: number) => number {
  return (x, y) => {
    let nearest = Infinity;
    points.slice(1).forEach((to, i) => {
      const from = points[i]!;
      const [dx, dy] = [to.x - from.x, to.y - from.y];
      const along = ((x + 0.5 - from.x) * dx + (y + 0.5 - from.y) * dy) / (dx * dx + dy * dy || 1);
      const t = Math.min(1, Math.max(0, along));
      nearest = Math.min(nearest, Math.hypot(x + 0.5 - from.x - t * dx, y + 0.5 - from.y - t * dy));
    });
    return Math.min(1, Math.max(0, pen + 0.5 - nearest));
  };
}

/** Dark ink on white paper. */
function drawn(side: number, points: readonly Point[], pen: number): Rgba {
  const ink = stroke(points, pen);
  return image(side, side, (x, y) => grey(255 * (1 - ink(x, y))));
}

const asRgba = (values: Float32Array, size: number) =>
  image(size, size, (x, y) => grey(Math.round(255 * values[y * size + x]!)));

const run = ({ data, width, height }: Rgba, ...rest: [typeof GREY, object?]) =>
  normalise(data, width, height, ...rest);

function measure(values: Float32Array, size: number) {
  let [mass, x, y, peak] = [0, 0, 0, 0];
  values.forEach((value, i) => {
    mass += value;
    x += value * ((i % size) + 0.5);
    y += value * (Math.floor(i / size) + 0.5);
    peak = Math.max(peak, value);
  });
  return { x: x / mass, y: y / mass, peak };
}

const meanDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

const zigzag = [
  { x: 0.2, y: 0.15 },
  { x: 0.8, y: 0.25 },
  { x: 0.3, y: 0.6 },
  { x: 0.7, y: 0.9 },
];
const scaled = (points: readonly Point[], by: number, shift = 0) =>
  points.map(({ x, y }) => ({ x: x * by + shift, y: y * by + shift }));

/** Strokes that have an extent, anywhere on a sheet. */
const strokes = fc
  .tuple(
    fc.array(
      fc.record({
        x: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        y: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      }),
      {
        minLength: 2,
        maxLength: 6,
      },
    ),
    fc.double({ min: 0.01, max: 0.04, noNaN: true }),
  )
  .filter(([points]) =>
    points.some(({ x, y }) => Math.hypot(x - points[0]!.x, y - points[0]!.y) > 0.15),
  );

describe('a drawing', () => {
  test('becomes bright ink on black, centred, its longer side 20 of 28', () => {
    const out = run(drawn(300, scaled(zigzag, 150, 120), 6), GREY);
    const { x, y, peak } = measure(out, 28);
    expect(x).toBeCloseTo(14, 0);
    expect(y).toBeCloseTo(14, 0);
    expect(peak).toBe(1);
    const rows = Array.from({ length: 28 }, (_, i) => Math.max(...out.slice(i * 28, i * 28 + 28)));
    const inked = rows.filter((value) => value > 0.2).length;
    expect(inked).toBeGreaterThanOrEqual(19);
    expect(inked).toBeLessThanOrEqual(21);
    expect(rows[0]! + rows[27]!).toBe(0);
  });

  test('is the same wherever it stood, however large, dark on bright or bright on dark', () => {
    const reference = run(drawn(280, scaled(zigzag, 280), 8), GREY);
    const moved = drawn(400, scaled(zigzag, 280, 90), 8);
    expect(meanDifference(run(moved, GREY), reference)).toBeLessThan(0.002);
    expect(
      meanDifference(run(drawn(1400, scaled(zigzag, 1400), 40), GREY), reference),
    ).toBeLessThan(0.02);
    const night = { ...moved, data: moved.data.map((v, i) => (i % 4 === 3 ? v : 255 - v)) };
    expect(meanDifference(run(night, GREY), reference)).toBeLessThan(0.002);
    const pale = { ...moved, data: moved.data.map((v, i) => (i % 4 === 3 ? v : 120 + v / 3)) };
    expect(meanDifference(run(pale, GREY), reference)).toBeLessThan(0.005);
  });

  test('that was prepared comes through unchanged (property)', () => {
    fc.assert(
      fc.property(strokes, ([points, pen]) => {
        const once = run(drawn(200, scaled(points, 200), pen * 200), GREY);
        const twice = run(asRgba(once, 28), GREY);
        expect(meanDifference(once, twice)).toBeLessThan(0.003);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('on transparent ground is a drawing on white', () => {
    const ink = stroke(scaled(zigzag, 100), 3);
    const clear = image(100, 100, (x, y) => [0, 0, 0, 255 * ink(x, y)]);
    const white = drawn(100, scaled(zigzag, 100), 3);
    expect(meanDifference(run(clear, GREY), run(white, GREY))).toBeLessThan(0.002);
  });

  test.each([0, 128, 255])('that is blank, all %i, is black', (value) => {
    for (const side of [1, 2, 28, 600])
      expect(
        run(
          image(side, side, () => grey(value)),
          GREY,
        ).every((v) => v === 0),
      ).toBe(true);
  });

  test('goes to all of the channels that a colour model reads', () => {
    const sheet = drawn(100, scaled(zigzag, 100), 3);
    const three = run(sheet, { size: 28, channels: 3 }, { prepare: 'drawing' });
    const one = run(sheet, GREY);
    expect(three).toEqual(
      Float32Array.from({ length: one.length * 3 }, (_, i) => one[Math.floor(i / 3)]!),
    );
  });
});

describe('a photo', () => {
  test('of the right size keeps its pixels', () => {
    const photo = image(32, 32, (x, y) => [x * 8, y * 8, (x * y) % 256]);
    const expected = Array.from(photo.data).filter((_, i) => i % 4 !== 3);
    run(photo, COLOUR).forEach((value, i) => expect(value).toBeCloseTo(expected[i]! / 255, 5));
  });

  test('is cut to its middle square and averaged over areas', () => {
    const photo = image(128, 64, (x) => (x < 32 || x >= 96 ? [255, 0, 0] : grey((x % 2) * 255)));
    for (const value of run(photo, COLOUR)) expect(value).toBeCloseTo(0.5, 5);
  });

  test('keeps its mean at sizes that do not divide (property)', () => {
    const side = fc.integer({ min: 1, max: 90 });
    fc.assert(
      fc.property(
        side,
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 1, max: 40 }),
        (from, value, to) => {
          const out = run(
            image(from, from, () => [value, 0, 255]),
            { size: to, channels: 3 },
          );
          out.forEach((v, i) => expect(v).toBeCloseTo([value / 255, 0, 1][i % 3]!, 5));
        },
      ),
      { numRuns: 40, seed: 1 },
    );
    const ramp = run(
      image(77, 77, (x) => grey(x * 3)),
      COLOUR,
    );
    expect(ramp.reduce((a, b) => a + b) / ramp.length).toBeCloseTo((38 * 3) / 255, 3);
  });

  test('in grey weighs colours by luma, and is inverted only on demand', () => {
    const out = run(
      image(28, 28, () => [255, 0, 0]),
      GREY,
      { prepare: 'photo' },
    );
    for (const value of out) expect(value).toBeCloseTo(0.299, 5);
    const turned = run(
      image(28, 28, () => [255, 0, 0]),
      GREY,
      { prepare: 'photo', invert: true },
    );
    for (const value of turned) expect(value).toBeCloseTo(0.701, 5);
  });
});

test('numbers are in [0, 1] and finite for any pixels (property)', () => {
  const sides = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }));
  const models = fc.constantFrom(GREY, COLOUR, { size: 16, channels: 1 });
  fc.assert(
    fc.property(
      sides,
      fc.integer(),
      models,
      fc.constantFrom('drawing', 'photo'),
      ([w, h], seed, input, prepare) => {
        let state = seed | 1;
        const next = () => ((state = Math.imul(state, 1103515245) + 12345) >>> 16) & 255;
        const out = run(
          image(w, h, () => [next(), next(), next(), next()]),
          input,
          { prepare },
        );
        expect(out.length).toBe(input.size ** 2 * input.channels);
        expect(out.every((value) => value >= 0 && value <= 1)).toBe(true);
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});

test('pixels that are not width x height are refused', () => {
  expect(() => normalise(new Uint8Array(16), 2, 3, GREY)).toThrow('not 2 x 3 pixels');
  expect(() => normalise(new Uint8Array(0), 0, 0, GREY)).toThrow('not 0 x 0 pixels');
});
