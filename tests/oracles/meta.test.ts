/**
 * MAML and Reptile, against steps taken one by one. Not against difference quotients: where a ReLU opens,
 * the adaptation's gradient jumps, and with it the loss after it.
 */
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../shared/math/random.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import {
  dispose,
  initialise,
  unflatten,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '../../shared/nn/params.ts';
import type { Objective, StepContext } from '../../shared/objectives/contract.ts';
import { maml } from '../../shared/objectives/meta/maml.ts';
import { reptile } from '../../shared/objectives/meta/reptile.ts';
import { makeView } from '../../shared/train/loader.ts';
import { tf } from '../kit/backends.ts';
import { SMALL, smallModel, stripes } from '../train/stripes.ts';

const DATA = stripes(30, 3);
const EPISODE = { episodes: 'labelled', ways: 3, shots: 2, queries: 2, tasks: 1 };

type Context = StepContext<unknown, unknown>;

/** A step's context with weights that are nowhere zero. */
async function contextOf(objective: Objective, settings: object): Promise<Context> {
  const config = v.parse(objective.config, { ...EPISODE, ...settings });
  const { spec } = smallModel('cls');
  const model: Model = createModel({ ...spec, own: objective.parameters!(spec, config as never) });
  const random = new Random(5);
  const weights = initialise(model.layout, random).map((value) => value + 0.02 * random.normal());
  const params = unflatten(tf, model.layout, weights);
  const round = { tf, model, config, data: DATA, random, view: () => expect.fail('no view') };
  const state = await objective.begin({ ...round, params });
  const rows = objective.draw!({ state, data: DATA, config, rows: [], batch: 1, random });
  const view = () => makeView(tf, DATA, SMALL, 'plain', rows, random);
  const views = { plain: view(), changed: view() };
  return {
    ...{ ...round, state, params, teacher: {}, received: {}, memory: {} },
    batch: { rows, views },
  };
}

/** The loss and its gradient, both as numbers; what the targets are made of is no part of it. */
async function differentiated(objective: Objective, context: Context) {
  const { params } = context;
  const targets = tf.tidy(() => objective.targets(context));
  const names = context.model.trained.filter((name) => !name.startsWith('head/'));
  const { value, grads } = tf.tidy(() => {
    const loss = () => Object.values(objective.loss(context, targets))[0] as Scalar;
    return tf.engine().gradients(
      loss,
      names.map((name) => params[name]!),
    );
  });
  const loss = (await value.data())[0]!;
  const gradients = await Promise.all(grads.map(async (one) => (await one.data()) as Float32Array));
  [value, ...grads].forEach((one) => one.dispose());
  dispose(targets);
  return { loss, gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i]!])) };
}

describe('MAML', () => {
  const settings = { steps: 2, innerRate: 0.1 };
  let first: Context;
  let second: Context;
  beforeAll(async () => {
    first = await contextOf(maml, { ...settings, order: 'first' });
    second = await contextOf(maml, { ...settings, order: 'second' });
  });
  afterAll(() => {
    for (const { params, batch } of [first, second]) [params, batch.views].forEach(dispose);
  });

  test('has one loss, whatever the order of its gradient', async () => {
    const [one, two] = [await differentiated(maml, first), await differentiated(maml, second)];
    expect(one.loss).toBeCloseTo(two.loss, 5);
    const apart = (name: string) =>
      one.gradients[name]!.reduce((sum, g, i) => sum + Math.abs(g - two.gradients[name]![i]!), 0);
    expect(apart('backbone/conv1/w')).toBeGreaterThan(1e-3);
  });

  test('to the second order is the gradient through two steps taken one by one', async () => {
    const { model, params, batch } = second;
    const { gradients } = await differentiated(maml, second);
    const names = Object.keys(gradients);
    const images = batch.views['plain']!;
    const rows = (from: number) => tf.slice(images, [from, 0, 0, 0], [6, -1, -1, -1]);
    const adapted = (...start: Tensor[]) => {
      let fast = start;
      for (let step = 0; step < 2; step++) {
        const slopes = tf.grads((...now) => lossOf(model, names, now, rows(0), [0, 0, 1, 1, 2, 2]))(
          fast,
        );
        fast = fast.map((one, i) => tf.sub(one, tf.mul(slopes[i]!, 0.1)));
      }
      return lossOf(model, names, fast, rows(6), [0, 0, 1, 1, 2, 2]);
    };
    const expected = tf.tidy(() => tf.grads(adapted)(names.map((name) => params[name]!)));
    for (const [i, name] of names.entries()) {
      const numbers = await expected[i]!.data();
      gradients[name]!.forEach((g, k) => expect(g).toBeCloseTo(numbers[k]!, 4));
    }
    expected.forEach((one) => one.dispose());
  });

  test('of the head alone adapts the head alone', async () => {
    const context = await contextOf(maml, { ...settings, order: 'first', adapts: 'head' });
    const targets = tf.tidy(() => maml.targets(context));
    expect(Object.keys(targets).sort()).toEqual(['0 own/maml/b', '0 own/maml/w']);
    [targets, context.params, context.batch.views].forEach(dispose);
  });
});

/** Cross-entropy of an episode's classifier, op by op. */
function lossOf(
  model: Model,
  names: readonly string[],
  now: readonly Tensor[],
  images: Tensor4D,
  labels: number[],
  head = 'own/maml',
): Scalar {
  const at = Object.fromEntries(names.map((name, i) => [name, now[i]!]));
  const z = model.embed(tf, at, images);
  const logits = tf.add(tf.matMul(z, at[`${head}/w`] as Tensor2D), at[`${head}/b`]!);
  const hot = tf.oneHot(tf.tensor1d(labels, 'int32'), 3);
  const all = tf.log(tf.sum(exp(logits), 1));
  return tf.mean(tf.sub(all, tf.sum(tf.mul(hot, logits), 1))) as Scalar;
}

/** tfjs's own is a constant to whoever differentiates its gradient, which is made of the saved result. */
function exp(x: Tensor): Tensor {
  const op = tf.customGrad((input, save) => {
    (save as (tensors: Tensor[]) => void)([input as Tensor]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => tf.mul(dy, exp(saved[0]!));
    return { value: tf.exp(input as Tensor), gradFunc };
  });
  return op(x);
}

test("Reptile's gradient is the way back from where plain steps on the episode lead", async () => {
  const context = await contextOf(reptile, { steps: 3, innerRate: 0.1 });
  const { model, params, batch } = context;
  const { gradients } = await differentiated(reptile, context);
  const names = Object.keys(gradients);
  // First the support of two images a class, then the queries of two.
  const labels = [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2];
  let fast: Tensor[] = names.map((name) => params[name]!.clone());
  for (let step = 0; step < 3; step++)
    fast = tf.tidy(() => {
      const images = batch.views['plain']!;
      const loss = (...now: Tensor[]) => lossOf(model, names, now, images, labels, 'own/reptile');
      const slopes = tf.grads(loss)(fast);
      return fast.map((one, i) => tf.sub(one, tf.mul(slopes[i]!, 0.1)));
    });
  for (const [i, name] of names.entries()) {
    const [from, to] = await Promise.all([params[name]!.data(), fast[i]!.data()]);
    gradients[name]!.forEach((g, k) => expect(g).toBeCloseTo(from[k]! - to[k]!, 4));
  }
  [params, batch.views].forEach(dispose);
});
