import { expect, test } from 'vitest';
import { COLOUR_BINS, colourBins } from '../../shared/math/colour-bins.ts';

const grid = [0, 0.25, 0.5, 0.75, 1];

test('every colour is spread over at most four bins that weigh one', () => {
  for (const r of grid)
    for (const g of grid)
      for (const b of grid) {
        const bins = colourBins([r, g, b]);
        expect(bins.reduce((sum, [, weight]) => sum + weight, 0)).toBeCloseTo(1, 10);
        for (const [bin, weight] of bins) {
          expect(weight).toBeGreaterThanOrEqual(0);
          expect(bin).toSatisfy((n: number) => n >= 0 && n < COLOUR_BINS);
        }
      }
});

test('grey of any brightness is in the middle, and opposite colours are at opposite ends', () => {
  const likeliest = (rgb: [number, number, number]) =>
    colourBins(rgb).sort(([, a], [, b]) => b - a)[0]![0];
  for (const grey of grid) expect(likeliest([grey, grey, grey])).toBe((COLOUR_BINS - 1) / 2);
  expect(likeliest([1, 0, 0]) + likeliest([0, 1, 1])).toBe(COLOUR_BINS - 1);
  expect(likeliest([0, 0, 1]) + likeliest([1, 1, 0])).toBe(COLOUR_BINS - 1);
});
