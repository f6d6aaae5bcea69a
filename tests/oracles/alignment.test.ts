import { describe, expect, test } from 'vitest';
import { range } from '../../shared/math/random.ts';
import { CLASSES, imagesOf, round, softmaxes, step, tableOf, times } from './fixmatch-round.ts';
import { align, columnMeans } from './fixmatch.ts';

describe('distribution alignment', () => {
  /** Every image comes in all four turns of its classes, so the predictions' mean is uniform. */
  const balanced = Float32Array.from(
    tableOf(10, 5).flatMap((row) =>
      range(CLASSES).flatMap((turn) => range(CLASSES).map((c) => row[(c + turn) % CLASSES]!)),
    ),
  );

  test('changes nothing where the predictions are uniform as they are', async () => {
    const [plain, aligned] = await Promise.all(
      [false, true].map((alignment) =>
        round(balanced, { labels: 'round', alignment, target: 'soft' }, 1, 0),
      ),
    );
    expect(aligned!.kept).toEqual(plain!.kept);
    const views = { weak: tableOf(8, 1), strong: tableOf(8, 2) };
    const rows = plain!.kept.slice(0, 8);
    const made = await Promise.all(
      [plain!, aligned!].map((of) => step(of, rows, views, { student: 1, teacher: 1 })),
    );
    made[1]!.labels.flat().forEach((p, i) => expect(p).toBeCloseTo(made[0]!.labels.flat()[i]!, 5));
  });

  test('gives a class that the model overlooks more of the images', async () => {
    // The model is partial to class 0 by two nats.
    const partial = imagesOf(200, 5).map((logit, i) => (i % CLASSES === 0 ? logit + 2 : logit));
    const shares = async (alignment: boolean) => {
      const of = await round(partial, { labels: 'round', alignment, threshold: 0 }, 1, 0);
      const views = { weak: tableOf(200, 1), strong: tableOf(200, 2) };
      const { labels } = await step(of, range(200), views, { student: 1, teacher: 1 });
      return columnMeans(labels);
    };
    const [before, after] = [await shares(false), await shares(true)];
    expect(before[0]).toBeGreaterThan(0.45);
    expect(after[0]).toBeLessThan(before[0]!);
    for (const overlooked of [1, 2, 3])
      expect(after[overlooked]).toBeGreaterThan(before[overlooked]!);
  });

  test('of labels made at every step is by the running mean of the predictions before', async () => {
    const images = imagesOf(60, 5).map((logit, i) => (i % CLASSES === 1 ? logit + 1 : logit));
    const of = await round(images, {
      labels: 'step',
      alignment: true,
      threshold: 0,
      target: 'soft',
    });
    const scales = { student: 1, teacher: 2 };
    const before = { weak: tableOf(8, 3), strong: tableOf(8, 2) };
    // As after many steps: one alone moves the mean by a hundredth.
    const carried = { prior: [0.1, 0.6, 0.2, 0.1] };
    const { memory } = await step(of, range(8), before, scales, carried);
    const mean = columnMeans(softmaxes(times(before.weak, 2)));
    const prior = carried.prior.map((p, c) => 0.99 * p + 0.01 * mean[c]!);
    const views = { weak: tableOf(8, 1), strong: tableOf(8, 2) };
    const { labels } = await step(of, range(8), views, scales, memory);
    const slow = align(softmaxes(times(views.weak, 2)), prior);
    labels.forEach((row, i) => row.forEach((p, c) => expect(p).toBeCloseTo(slow[i]![c]!, 4)));
  });
});
