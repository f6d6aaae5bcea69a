import * as v from 'valibot';
import { crossEntropy } from '../../math/losses.ts';
import type { Tensor4D } from '../../nn/params.ts';
import { allTurns } from '../../math/quarter-turns.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between } from '../settings.ts';

/**
 * RotNet (Gidaris et al. 2018): by how many quarters was this image turned? To tell, one has to know
 * what is in it. All four turns of each image are in the batch, so that no turn is the commoner one.
 */
export const rotation = defineObjective({
  title: 'Rotation',
  paper: 'https://arxiv.org/abs/1803.07728',
  summary:
    'Tells by how many quarters an image was turned. A cheap beginning for images that have an upright side; useless for those that look alike from everywhere.',
  views: { image: 'weak' },
  heads: ['rot'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Share of a label that is spread over all four turns: some images look alike from two sides. */
    smoothing: v.optional(between(0, 0.5), 0),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets: ({ tf, batch }) => allTurns(tf, batch.views['image']!),
  loss({ tf, model, params, config }, { images, labels }) {
    const soft = tf.add(tf.mul(labels!, 1 - config.smoothing), config.smoothing / 4);
    const z = model.embed(tf, params, images as Tensor4D);
    return { rotation: tf.mean(crossEntropy(tf, model.head(tf, 'rot', params, z), soft)) };
  },
  report: () => ({}),
});
