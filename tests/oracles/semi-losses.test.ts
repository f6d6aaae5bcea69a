import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { dispose } from '../../shared/nn/params.ts';
import type { Objective, StepContext, Tensors } from '../../shared/objectives/contract.ts';
import { OBJECTIVES, type ObjectiveId } from '../../shared/objectives/index.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, MODEL, softmaxes, tableOf, times } from './fixmatch-round.ts';
import { argMax, meanOf, sharpen, type Rows } from './fixmatch.ts';

type Scales = Record<'student' | 'teacher' | 'received', Record<string, number>>;
type Told = { terms: Record<string, number>; targets: Record<string, number[]> };

const tensorsOf = (scales: Record<string, number>) =>
  Object.fromEntries(Object.entries(scales).map(([name, scale]) => [name, tf.scalar(scale)]));
const imagesOf = (rows: Rows) => tf.tensor4d(rows.flat(), [rows.length, 2, 2, 1]);

/** One step of the model that reads four pixels as logits, times its `scale`: terms and targets as numbers. */
async function told(
  id: ObjectiveId,
  settings: object,
  views: Record<string, Rows>,
  scales: Partial<Scales> = {},
): Promise<Told> {
  const objective: Objective = OBJECTIVES[id];
  const rows = range(Object.values(views)[0]!.length);
  const data = { images: new Float32Array(rows.length * CLASSES), count: rows.length };
  const one = { scale: 1 };
  const [params, teacher, received] = (['student', 'teacher', 'received'] as const).map((who) =>
    tensorsOf(scales[who] ?? one),
  ) as [Tensors, Tensors, Tensors];
  const config = v.parse(objective.config, settings);
  const view = () => expect.fail('all views are there');
  const round = { tf, model: MODEL, config, params, data, view, random: new Random(1) };
  const state = await objective.begin(round);
  const tensors = Object.fromEntries(Object.entries(views).map(([as, of]) => [as, imagesOf(of)]));
  const memory = tf.tidy(() => objective.memory?.(round) ?? {});
  const batch = { rows, views: tensors };
  const step: StepContext<unknown, unknown> = { ...round, teacher, received, state, memory, batch };
  const targets = tf.tidy(() => objective.targets(step));
  const terms = tf.tidy(() => objective.loss(step, targets));
  const read = async (some: Tensors) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(some).map(
          async ([name, of]) => [name, Array.from(await of.data())] as const,
        ),
      ),
    );
  const [losses, made] = [await read(terms), await read(targets)];
  [params, teacher, received, tensors, memory, targets, terms].forEach(dispose);
  const single = Object.entries(losses).map(([name, [value]]) => [name, value!] as const);
  return { terms: Object.fromEntries(single), targets: made };
}

const mean = (some: readonly number[]) => some.reduce((a, b) => a + b, 0) / some.length;
const squares = (a: Rows, b: Rows) =>
  a.map((row, i) => row.reduce((sum, p, c) => sum + (p - b[i]![c]!) ** 2, 0));
const crossEntropies = (labels: Rows, predicted: Rows) =>
  labels.map((row, i) => row.reduce((sum, p, c) => sum - p * Math.log(predicted[i]![c]!), 0));
const [A, B] = [tableOf(6, 1), tableOf(6, 2)];

test.each([
  ['pi-model', 0.7],
  ['mean-teacher', 1.6],
] as const)('%s: the squared distance from what is said of the weak view', async (id, by) => {
  const scales = { student: { scale: 0.7 }, teacher: { scale: 1.6 } };
  const { terms } = await told(id, { weight: 3 }, { weak: A, strong: B }, scales);
  const [target, predicted] = [softmaxes(times(A, by)), softmaxes(times(B, 0.7))];
  expect(terms['consistency']).toBeCloseTo(3 * mean(squares(predicted, target)), 4);
});

test('MixMatch: both looks get the sharpened mean, the error is the mean over classes', async () => {
  // Shares from so uneven a Beta are 1: nothing is mixed.
  const settings = { alpha: 0.01, weight: 8, temperature: 0.5 };
  const { terms, targets } = await told('mixmatch', settings, { first: A, second: B });
  const guess = sharpen(meanOf([softmaxes(A), softmaxes(B)]), 0.5);
  const wanted = [...guess, ...guess];
  wanted.flat().forEach((p, i) => expect(targets['labels']![i]).toBeCloseTo(p, 1));
  const labels = range(12).map((i) => targets['labels']!.slice(i * CLASSES, (i + 1) * CLASSES));
  const images = range(12).map((i) => targets['images']!.slice(i * CLASSES, (i + 1) * CLASSES));
  const distance = mean(squares(softmaxes(images), labels));
  expect(terms['unlabelled']).toBeCloseTo((8 * distance) / CLASSES, 4);
});

test('FedMatch: two of three votes make a label, and what was added counts by its size', async () => {
  const scales = { student: { scale: 1 }, teacher: { scale: -1 }, received: { scale: 1.5 } };
  const settings = { threshold: 0.5, consistency: 2, sparsity: 0.01 };
  const { terms } = await told('fedmatch', settings, { weak: A, strong: B }, scales);
  const [own, received, teacher] = [1, 1.5, -1].map((scale) => softmaxes(times(A, scale)));
  // Two of the three read the same numbers, so their likeliest class has the votes.
  const labels = own!.map((row) => row.map((_, c) => Number(c === argMax(row))));
  const kept = crossEntropies(labels, softmaxes(B)).map((h, i) =>
    Math.max(...own![i]!) >= 0.5 ? h : 0,
  );
  expect(terms['voted']).toBeCloseTo(mean(kept), 4);
  const apart = [received!, teacher!].map((helper) => {
    const cross = crossEntropies(helper, own!);
    return mean(crossEntropies(helper, helper).map((h, i) => cross[i]! - h));
  });
  expect(terms['helpers']).toBeCloseTo(apart[0]! + apart[1]! + 0.01 * 0.5, 4);
});

test.each([false, true])(
  'Co-training, agreement %s: each learns what the other is sure of',
  async (agreement) => {
    const both = { scale: 2, 'own/peer/scale': -1 };
    const settings = { threshold: 0.6, agreement, weight: 0.5 };
    const views = { weak: A, first: B, second: A };
    const { terms } = await told('co-training', settings, views, { student: both, teacher: both });
    const [first, second] = [2, -1].map((scale) => softmaxes(times(A, scale)));
    const says = [softmaxes(times(B, 2)), softmaxes(times(A, -1))];
    const taught = (predicted: Rows, by: Rows) =>
      mean(
        by.map((row, i) => {
          const alike = argMax(first![i]!) === argMax(second![i]!);
          const isKept = Math.max(...row) >= 0.6 && (alike || !agreement);
          return isKept ? -Math.log(predicted[i]![argMax(row)]!) : 0;
        }),
      );
    const middle = meanOf(says);
    const apart = says.map((rows) => {
      const cross = crossEntropies(rows, middle);
      return mean(crossEntropies(rows, rows).map((h, i) => cross[i]! - h)) / 2;
    });
    const slow = taught(says[0]!, second!) + taught(says[1]!, first!) + (apart[0]! + apart[1]!) / 2;
    expect(terms['cotrained']).toBeCloseTo(slow, 4);
  },
);

test('Noisy Student draws every class as often, and no image that the teacher is unsure of', () => {
  const byClass = [[0, 1, 2, 3, 4, 5, 6], [7]];
  const state = { byClass, kept: range(8), classes: 2, probability: new Float32Array(16) };
  const data = { images: new Float32Array(0), count: 9 };
  const from = { state, data, config: {}, rows: state.kept, batch: 4000, random: new Random(1) };
  const rows = OBJECTIVES['noisy-student'].draw!(from);
  expect(rows.filter((row) => row === 7).length / 4000).toBeCloseTo(0.5, 1);
  expect(new Set(rows)).toEqual(new Set(state.kept));
});
