/** Where a federated round has to be central training exactly: one local step on all of the images. */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { createPipeline } from '../../shared/aggregation/pipeline.ts';
import { Random } from '../../shared/math/random.ts';
import { dispose, initialise, unflatten } from '../../shared/nn/params.ts';
import type { LocalData, Objective } from '../../shared/objectives/contract.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { encode, open } from '../../shared/weights/codec.ts';
import { addScaled, subtract } from '../../shared/weights/delta.ts';
import { encodeDelta } from '../../client/train/delta.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, SMALL, smallModel, startSession, stripes } from '../train/stripes.ts';

const RATE = 0.1;
const MODEL = smallModel('cls');
/** On the images as they are, so that both sides see the same. */
const OBJECTIVE: Objective = { ...supervised, views: { image: 'plain' } };
const CONFIG = v.parse(supervised.config, { smoothing: 0 });
const PIPELINE = createPipeline({
  before: [],
  combine: 'weighted-mean',
  after: 'fedavg',
  settings: {},
});

/** With a head that is not zero: then every parameter has a gradient. */
function start(): Float32Array {
  const random = new Random(2);
  return initialise(MODEL.layout, random).map((value) => value + 0.05 * random.normal());
}

/** One step of gradient descent on the mean cross-entropy of all images, by tfjs's own loss. */
async function central(
  weights: Float32Array,
  { images, count, labels }: LocalData,
): Promise<Float32Array> {
  const params = unflatten(tf, MODEL.layout, weights);
  const next = weights.slice();
  const grads = tf.tidy(() => {
    const x = tf.tensor4d(images, [count, SMALL.size, SMALL.size, SMALL.channels]) as Tensor4D;
    const hot = tf.oneHot(tf.tensor1d(labels!, 'int32'), CLASSES) as Tensor2D;
    const loss = (...tensors: Tensor[]) => {
      const named = Object.fromEntries(
        MODEL.layout.entries.map(({ name }, i) => [name, tensors[i]!]),
      );
      return tf.losses.softmaxCrossEntropy(hot, MODEL.logits(tf, named, x)) as Scalar;
    };
    return tf.grads(loss)(MODEL.layout.entries.map(({ name }) => params[name]!));
  });
  for (const [i, { offset }] of MODEL.layout.entries.entries())
    (await grads[i]!.data()).forEach((g, k) => (next[offset + k]! -= RATE * g));
  grads.forEach((grad) => grad.dispose());
  dispose(params);
  return next;
}

/** A round: every volunteer takes one step on all of its images and sends a float32 delta. */
async function federated(
  weights: Float32Array,
  volunteers: readonly LocalData[],
): Promise<Float32Array> {
  const tally = PIPELINE.begin(weights.length);
  for (const data of volunteers) {
    const session = await startSession({
      ...{ model: MODEL, objective: OBJECTIVE, config: CONFIG, weights, data },
      ...{ batch: data.count, momentum: 0, clip: 1e6 },
    });
    Object.values(session.step(RATE)).forEach((term) => term.dispose());
    const learnt = await session.weights();
    session.dispose();
    const { message } = encodeDelta('float32', learnt, weights, new Random(1));
    tally.add(open(message, { count: weights.length, scheme: 'float32' }), data.count);
  }
  const next = weights.slice();
  const mean = await PIPELINE.combine([tally], { layout: MODEL.layout, base: weights });
  addScaled(next, PIPELINE.step(mean).step, 1);
  return next;
}

function part({ images, labels }: LocalData, from: number, to: number): LocalData {
  const pixels = SMALL.size ** 2;
  return {
    images: images.slice(from * pixels, to * pixels),
    labels: labels!.slice(from, to),
    count: to - from,
  };
}

function expectSame(got: Float32Array, expected: Float32Array, from: Float32Array) {
  const worst = got.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(worst).toBeLessThan(1e-5);
  // And they did move, far more than that.
  expect(Math.max(...subtract(expected, from).map(Math.abs))).toBeGreaterThan(1e-2);
}

describe('a round of one local step is a step of central gradient descent', () => {
  const all = stripes(24, 3);

  test('with one volunteer', async () => {
    const weights = start();
    expectSame(await federated(weights, [all]), await central(weights, all), weights);
  });

  test('with three who share the images, in any order', async () => {
    const weights = start();
    const volunteers = [part(all, 0, 4), part(all, 4, 15), part(all, 15, 24)];
    const expected = await central(weights, all);
    expectSame(await federated(weights, volunteers), expected, weights);
    expectSame(await federated(weights, volunteers.toReversed()), expected, weights);
  });

  test('twice in a row', async () => {
    const weights = start();
    const once = await federated(weights, [part(all, 0, 6), part(all, 6, 24)]);
    const slow = await central(await central(weights, all), all);
    expectSame(await federated(once, [all]), slow, weights);
  });
});

test('a delta that was sent as float32 brings the volunteer home to the bit', () => {
  const random = new Random(5);
  const [before, after] = [start(), start().map((value) => value + 0.01 * random.normal())];
  const delta = subtract(after, before);
  expect(open(encode('float32', delta, random), { count: delta.length }).decode()).toEqual(delta);
});
