import * as v from 'valibot';
import { expect } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import type { Params, Tensor, Tensor2D } from '../../shared/nn/params.ts';
import type { RoundContext, StepContext } from '../../shared/objectives/contract.ts';
import { fixmatch } from '../../shared/objectives/semi/fixmatch.ts';
import type { ViewName } from '../../shared/views/index.ts';
import { tf } from '../kit/backends.ts';
import { softmax, type Rows } from './fixmatch.ts';

export const CLASSES = 4;

/** A model that reads the four pixels as the logits of four classes, times its one parameter. */
export const MODEL: Model = {
  ...createModel({
    net: 'strided',
    input: { size: 2, channels: 1 },
    classes: CLASSES,
    heads: ['cls'],
  }),
  logits: (_, params, x) => tf.mul(tf.reshape(x, [-1, CLASSES]), params['scale']!) as Tensor2D,
};

type Settings = v.InferInput<typeof fixmatch.config>;

/** Plain FixMatch: each label from one look, hard, neither aligned nor sharpened. */
const PLAIN = { guesses: 1, alignment: false, temperature: 1, target: 'hard', threshold: 0.6 };

export function imagesOf(count: number, seed: number, spread = 2): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count * CLASSES }, () => spread * random.normal());
}

/**
 * One volunteer's round, by the received scale: what `begin` saw is kept in `looks`, table after
 * table, since every look at an image adds noise of its own.
 */
export async function round(images: Float32Array, settings: object, scale = 1, noise = 0.3) {
  const count = images.length / CLASSES;
  const params = { scale: tf.scalar(scale) };
  const looks: Rows[] = [];
  const random = new Random(9);
  const view = (name: ViewName, rows: readonly number[]) => {
    expect(name).toBe('weak');
    const seen = rows.map((row) =>
      range(CLASSES).map((c) => Math.fround(images[row * CLASSES + c]! + noise * random.normal())),
    );
    looks.push(seen.map((row) => row.map((logit) => logit * scale)));
    return tf.tensor4d(seen.flat(), [rows.length, 2, 2, 1]);
  };
  const config = v.parse(fixmatch.config, { ...PLAIN, ...settings }) as Settings;
  const context: RoundContext<unknown> = {
    tf,
    model: MODEL,
    config,
    params,
    data: { images, count },
    random,
    view,
  };
  const state = await fixmatch.begin(context);
  const kept = fixmatch.rows(state, context.data);
  params.scale.dispose();
  return { ...context, state, kept, looks };
}

export type Round = Awaited<ReturnType<typeof round>>;

/**
 * A step on these rows: the weak and strong views' logits by a scale of one, who makes what of them, and
 * what the step before has carried to this one.
 */
export async function step(
  of: Round,
  rows: readonly number[],
  views: { weak: Rows; strong: Rows },
  scales: { student: number; teacher: number },
  carried: Record<string, number[]> = {},
) {
  const tensor = (some: Rows) => tf.tensor4d(some.flat(), [some.length, 2, 2, 1]);
  const batch = { rows, views: { weak: tensor(views.weak), strong: tensor(views.strong) } };
  const [student, teacher] = [tf.scalar(scales.student), tf.scalar(scales.teacher)];
  const memory = tf.tidy(() => {
    const fresh = Object.entries(fixmatch.memory!({ ...of, params: {} }));
    return Object.fromEntries(
      fresh.map(([name, at]) => [
        name,
        carried[name] ? tf.tensor(carried[name], at.shape, at.dtype) : at,
      ]),
    );
  });
  const context: StepContext<unknown, unknown> = {
    ...of,
    batch,
    params: { scale: student },
    teacher: { scale: teacher },
    ...{ received: {}, memory },
  };
  const targets = tf.tidy(() => fixmatch.targets(context)) as { labels: Tensor2D; mask: Tensor };
  const loss = (params: Params) => fixmatch.loss({ ...context, params }, targets)['unlabelled']!;
  const { value, grad } = tf.valueAndGrad((scale) => loss({ scale }))(student);
  const next = tf.tidy(() => fixmatch.remember!(context, targets));
  const result = {
    memory: await numbersOf(next),
    labels: (await targets.labels.array()) as Rows,
    mask: (await targets.mask.array()) as number[],
    loss: (await value.data())[0]!,
    gradient: (await grad.data())[0]!,
  };
  [
    value,
    grad,
    student,
    teacher,
    ...[targets, batch.views, memory, next].flatMap((some) => Object.values<Tensor>(some)),
  ].forEach((one: Tensor) => one.dispose());
  return result;
}

/** What is carried to the next step, by name. */
async function numbersOf(params: Params): Promise<Record<string, number[]>> {
  const entries = Object.entries(params).map(
    async ([name, tensor]) => [name, Array.from(await tensor.data())] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

export const tableOf = (count: number, seed: number): Rows => {
  const numbers = imagesOf(count, seed);
  return range(count).map((i) => [...numbers.slice(i * CLASSES, (i + 1) * CLASSES)]);
};
export const times = (rows: Rows, scale: number): Rows =>
  rows.map((row) => row.map((x) => x * scale));
export const softmaxes = (rows: Rows): Rows => rows.map(softmax);
