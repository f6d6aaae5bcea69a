import { oneHot } from '../../math/one-hot.ts';
import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import { choosePatches, gridPatches } from '../../nn/patches.ts';
import type { Tensor4D } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between } from '../settings.ts';

const CENTRE = 4;
const AROUND = [0, 1, 2, 3, 5, 6, 7, 8];

/** Context prediction (Doersch et al. 2015): on which of eight sides of the middle does this patch lie? */
export const relativePatch = defineObjective({
  title: 'Relative patch',
  paper: 'https://arxiv.org/abs/1505.05192',
  summary:
    'Tells on which side of the middle of an image another patch of it lies. For photographs whose parts have a fixed arrangement; a pen stroke leaves most patches empty.',
  views: { image: 'weak' },
  heads: ['patch'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Share of a label that is spread over all eight places. */
    smoothing: v.optional(between(0, 0.5), 0),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets({ tf, batch, random }) {
    const patches = gridPatches(tf, batch.views['image']!, random);
    const places = batch.rows.map(() => random.int(AROUND.length));
    const pairs = places.map((place) => [CENTRE, AROUND[place]!]);
    return {
      patches: choosePatches(tf, patches, pairs),
      labels: oneHot(tf, places, AROUND.length),
    };
  },
  loss({ tf, model, params, config }, { patches, labels }) {
    const soft = tf.add(tf.mul(labels!, 1 - config.smoothing), config.smoothing / AROUND.length);
    const z = model.embed(tf, params, patches as Tensor4D);
    return { place: tf.mean(crossEntropy(tf, model.head(tf, 'patch', params, z), soft)) };
  },
  report: () => ({}),
});
