import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Random, range } from '../../shared/math/random.ts';
import { dispose, initialise, unflatten } from '../../shared/nn/params.ts';
import { supervised } from '../../shared/objectives/supervised/supervised.ts';
import { makeView } from '../../shared/train/loader.ts';
import { tf } from '../kit/backends.ts';
import { CLASSES, SMALL, smallModel, stripes } from '../train/stripes.ts';
import { softmax } from './fixmatch.ts';

/**
 * Szegedy et al. 2016, section 7: the label's distribution is `(1 - s) [k = y] + s / K`, the loss its
 * cross-entropy with the prediction, the mean over the batch.
 */
test.each([0, 0.1, 0.5])(
  'the loss is the cross-entropy with labels smoothed by %d',
  async (smoothing) => {
    const model = smallModel('cls');
    const random = new Random(1);
    const weights = initialise(model.layout, random).map((value) => value + 0.05 * random.normal());
    const params = unflatten(tf, model.layout, weights);
    const data = stripes(9, 2);
    const view = () => expect.fail('labels are there already');
    const round = {
      tf,
      model,
      params,
      data,
      random,
      view,
      config: v.parse(supervised.config, { smoothing }),
    };
    const state = await supervised.begin(round);
    const rows = [7, 0, 5, 1, 1];
    const images = makeView(tf, data, SMALL, 'plain', rows, random);
    const step = {
      ...round,
      state,
      teacher: {},
      received: {},
      memory: {},
      batch: { rows, views: { image: images } },
    };
    const targets = tf.tidy(() => supervised.targets(step));
    const terms = tf.tidy(() => supervised.loss(step, targets));
    const logits = tf.tidy(() => model.logits(tf, params, images));
    const predicted = ((await (logits as Tensor2D).array()) as number[][]).map(softmax);
    let slow = 0;
    rows.forEach((row, i) => {
      for (const k of range(CLASSES)) {
        const label = (1 - smoothing) * Number(k === data.labels[row]) + smoothing / CLASSES;
        slow -= (label * Math.log(predicted[i]![k]!)) / rows.length;
      }
    });
    expect((await terms['supervised']!.data())[0]).toBeCloseTo(slow, 5);
    [params, targets, terms, { logits, images }].forEach(dispose);
  },
);
