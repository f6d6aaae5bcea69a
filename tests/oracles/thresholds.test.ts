import type { Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { flexThresholds, freeThresholds, sureRows } from '../../shared/math/thresholds.ts';
import { range } from '../../shared/math/random.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, imagesOf, round, softmaxes, tableOf, step } from './fixmatch-round.ts';
import { argMax, columnMeans } from './fixmatch.ts';

const numbers = async (make: () => Tensor) => {
  const made = tf.tidy(make);
  const data = [...(await made.data())];
  made.dispose();
  return data;
};

const expectClose = (got: readonly number[], wanted: readonly number[]) =>
  got.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));

/** Zhang et al. 2021 (FlexMatch), equations 7, 9 and 11, with the warm-up and the convex mapping. */
function flexSlowly(sure: readonly number[], count: number, threshold: number): number[] {
  const unused = count - sure.reduce((a, b) => a + b, 0);
  return sure.map((sigma) => {
    const beta = sigma / Math.max(...sure, unused);
    return (beta / (2 - beta)) * threshold;
  });
}

/** Wang et al. 2023 (FreeMatch), equation 8. */
function freeSlowly(confidence: number, prior: readonly number[]): number[] {
  return prior.map((p) => (p / Math.max(...prior)) * confidence);
}

test('FlexMatch by hand: of 100 images 40, 20 and 10 are sure', async () => {
  const made = await numbers(() => flexThresholds(tf, tf.tensor1d([40, 20, 10]), 100, 0.9));
  // 40 of 40: the whole bar. 20 of 40: a half to a third. 10 of 40: a quarter to a seventh.
  expectClose(made, [0.9, 0.3, 0.9 / 7]);
  expectClose(flexSlowly([40, 20, 10], 100, 0.9), made);
});

test('FlexMatch by hand: while most are unsure, no class has its whole bar', async () => {
  const made = await numbers(() => flexThresholds(tf, tf.tensor1d([20, 0, 0]), 100, 0.9));
  expectClose(made, [(0.25 / 1.75) * 0.9, 0, 0]);
});

test('FreeMatch by hand: half as often predicted, half the bar', async () => {
  const prior = () => tf.tensor1d([0.5, 0.25, 0.25]);
  expectClose(await numbers(() => freeThresholds(tf, tf.scalar(0.8), prior())), [0.8, 0.4, 0.4]);
});

test('a row is held against the bar of its own class', async () => {
  const rows = [0.6, 0.4, 0.4, 0.6, 0.75, 0.25];
  const sure = () => sureRows(tf, tf.tensor2d(rows, [3, 2]), tf.tensor1d([0.7, 0.5]));
  expect(await numbers(sure)).toEqual([0, 1, 1]);
});

test.each([
  // Bars of FlexMatch stay low until most images are sure of something: eight nats apart they are.
  ['flex', 8],
  ['free', 2],
] as const)(
  'labels of a round: %s bars follow from one client’s labels',
  async (thresholds, spread) => {
    const of = await round(imagesOf(60, 6, spread), {
      labels: 'round',
      thresholds,
      threshold: 0.8,
    });
    const labels = softmaxes(of.looks[0]!);
    const best = labels.map((row) => Math.max(...row));
    const sure = range(CLASSES).map(
      (c) => labels.filter((row) => argMax(row) === c && Math.max(...row) >= 0.8).length,
    );
    const bars =
      thresholds === 'flex'
        ? flexSlowly(sure, 60, 0.8)
        : freeSlowly(best.reduce((a, b) => a + b) / 60, columnMeans(labels));
    const certain = range(60).filter((i) => Math.abs(best[i]! - bars[argMax(labels[i]!)]!) > 1e-4);
    const kept = certain.filter((i) => best[i]! >= bars[argMax(labels[i]!)]!);
    expect(of.kept.filter((i) => certain.includes(i))).toEqual(kept);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(60);
  },
);

test('labels of a step: the running means are of what the teacher says, each image counts once', async () => {
  const of = await round(imagesOf(6, 2), { labels: 'step', thresholds: 'flex', threshold: 0.5 });
  const weak = tableOf(3, 4);
  const rows = [4, 1, 5];
  const { memory, labels } = await step(
    of,
    rows,
    { weak, strong: weak },
    { student: 1, teacher: 1 },
  );
  const predicted = softmaxes(weak);
  const [prior, confidence, latest] = ['prior', 'confidence', 'latest'].map(
    (name) => memory[name]!,
  );
  expectClose(
    prior!,
    columnMeans(predicted).map((p) => 0.99 / CLASSES + 0.01 * p),
  );
  const best = predicted.map((row) => Math.max(...row));
  expectClose(confidence!, [0.99 / CLASSES + (0.01 * (best[0]! + best[1]! + best[2]!)) / 3]);
  const wanted = range(6).map(() => 0);
  rows.forEach((row, i) => (wanted[row] = best[i]! >= 0.5 ? argMax(predicted[i]!) + 1 : 0));
  expect(latest).toEqual(wanted);
  expect(wanted.some((named) => named > 0)).toBe(true);
  expect(labels).toHaveLength(3);
});
