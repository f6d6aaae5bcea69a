import { describe, expect, test } from 'vitest';
import { range } from '../../shared/math/random.ts';
import { fixmatch } from '../../shared/objectives/semi/fixmatch.ts';
import { CLASSES, imagesOf, round, softmaxes, step, tableOf, times } from './fixmatch-round.ts';
import {
  align,
  argMax,
  columnMeans,
  fixMatchLoss,
  meanOf,
  sharpen,
  type Rows,
} from './fixmatch.ts';

describe('the loss of labels that are made anew at every step', () => {
  test('by hand: one sure image of four counts a quarter', async () => {
    const sure = [9, 0.1, 0.1, 0.1].map((logit) => [logit, 0, 0, 0]);
    const strong = range(4).map(() => [0, 0, 0, 0]);
    const of = await round(imagesOf(4, 1), { labels: 'step', threshold: 0.95 });
    const { loss, mask } = await step(
      of,
      [0, 1, 2, 3],
      { weak: sure, strong },
      { student: 1, teacher: 1 },
    );
    expect(mask).toEqual([1, 0, 0, 0]);
    expect(loss).toBeCloseTo(Math.log(4) / 4, 6);
  });

  test.each([0, 0.5, 0.8, 0.95])(
    'is the slow one at the threshold %d: the teacher reads the weak view',
    async (threshold) => {
      const of = await round(imagesOf(12, 2), { labels: 'step', threshold });
      const scales = { student: 0.7, teacher: 1.6 };
      for (const seed of [3, 4, 5]) {
        const views = { weak: tableOf(8, seed), strong: tableOf(8, seed + 10) };
        const weak = softmaxes(times(views.weak, scales.teacher));
        const { loss, labels } = await step(of, range(8), views, scales);
        expect(loss).toBeCloseTo(
          fixMatchLoss(weak, times(views.strong, scales.student), threshold),
          5,
        );
        expect(labels.map(argMax)).toEqual(weak.map(argMax));
      }
    },
  );

  test('every image may be drawn, since a label may become sure later', async () => {
    const { kept } = await round(imagesOf(12, 2), { labels: 'step', threshold: 1 });
    expect(kept).toEqual(range(12));
  });

  test('above a threshold of 1 nothing is learnt', async () => {
    const of = await round(imagesOf(12, 2), { labels: 'step', threshold: 1.01 });
    const views = { weak: times(tableOf(8, 3), 100), strong: tableOf(8, 4) };
    const { loss, gradient } = await step(of, range(8), views, { student: 1, teacher: 1 });
    expect([loss, gradient]).toEqual([0, 0]);
  });
});

describe('the labels of a round', () => {
  test.each([
    ['plain', {}],
    ['of four looks', { guesses: 4 }],
    ['aligned', { alignment: true }],
    ['sharpened', { temperature: 0.5, threshold: 0.8 }],
    [
      'of three looks, aligned and sharpened',
      { guesses: 3, alignment: true, temperature: 0.4, threshold: 0.9 },
    ],
  ])('%s: as the slow ones, made from the received weights', async (_, settings) => {
    const count = 300; // More than are read at once.
    const of = await round(imagesOf(count, 6), { labels: 'round', ...settings }, 0.9);
    const { guesses, alignment, temperature, threshold } = of.config as Record<string, number>;
    // The looks come a few hundred images at a time: put each look at all images together again.
    const tables = regroup(of.looks, guesses!, count).map(softmaxes);
    const mean = meanOf(tables);
    const slow = sharpen(alignment ? align(mean, columnMeans(mean)) : mean, temperature!);
    // Rows within rounding of the threshold may fall either way.
    const certain = range(count).filter((i) => Math.abs(Math.max(...slow[i]!) - threshold!) > 1e-4);
    const sure = new Set(range(count).filter((i) => Math.max(...slow[i]!) >= threshold!));
    expect(of.kept.filter((i) => certain.includes(i))).toEqual(certain.filter((i) => sure.has(i)));
    expect(of.kept.length).toBeGreaterThan(0);
    expect(of.kept.length).toBeLessThan(count);
    const rows = of.kept.slice(0, 20);
    const views = { weak: tableOf(rows.length, 7), strong: tableOf(rows.length, 8) };
    const { labels, loss } = await step(of, rows, views, { student: 1, teacher: 1 });
    expect(labels).toEqual(
      rows.map((row) => range(CLASSES).map((c) => Number(c === argMax(slow[row]!)))),
    );
    expect(loss).toBeCloseTo(
      fixMatchLoss(
        rows.map((row) => slow[row]!),
        views.strong,
        0,
      ),
      5,
    );
  });

  test('neither the teacher nor a later look changes them', async () => {
    const of = await round(imagesOf(40, 6), { labels: 'round' });
    const rows = of.kept.slice(0, 6);
    const strong = tableOf(6, 8);
    const first = await step(of, rows, { weak: tableOf(6, 1), strong }, { student: 1, teacher: 1 });
    const second = await step(
      of,
      rows,
      { weak: tableOf(6, 2), strong },
      { student: 1, teacher: -5 },
    );
    expect(second).toEqual(first);
  });

  test('soft ones are the distribution itself', async () => {
    const of = await round(imagesOf(40, 6), { labels: 'round', target: 'soft', temperature: 0.5 });
    const slow = sharpen(softmaxes(of.looks[0]!), 0.5);
    const rows = of.kept.slice(0, 6);
    const views = { weak: tableOf(6, 1), strong: tableOf(6, 2) };
    const { labels } = await step(of, rows, views, { student: 1, teacher: 1 });
    labels.forEach((row, i) =>
      row.forEach((p, c) => expect(p).toBeCloseTo(slow[rows[i]!]![c]!, 5)),
    );
  });

  test('above a threshold of 1 there is nobody to learn from', async () => {
    const { kept, state } = await round(imagesOf(40, 6, 50), { labels: 'round', threshold: 1.01 });
    expect(kept).toEqual([]);
    expect(fixmatch.report(state)['coverage']).toBe(0);
  });

  test('the report is their mean confidence and the share that is kept', async () => {
    const of = await round(imagesOf(40, 6), { labels: 'round' });
    const sure = softmaxes(of.looks[0]!).map((row) => Math.max(...row));
    const { coverage, confidence } = fixmatch.report(of.state);
    expect(coverage).toBe(of.kept.length / 40);
    expect(confidence).toBeCloseTo(sure.reduce((a, b) => a + b) / 40, 5);
  });
});

function regroup(looks: readonly Rows[], guesses: number, count: number): Rows[] {
  const tables = range(guesses).map((k) => looks.filter((_, i) => i % guesses === k).flat());
  tables.forEach((table) => expect(table).toHaveLength(count));
  return tables;
}
