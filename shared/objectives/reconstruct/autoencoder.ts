import * as v from 'valibot';
import type { Scalar, Tensor, Tensor4D, Tf } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between } from '../settings.ts';

/**
 * Denoising autoencoder (Vincent et al. 2008): the whole image back from its embedding, after some of
 * its pixels were put out. What a seed set then fine-tunes (Lee 2013, table 2).
 */
export const autoencoder = defineObjective({
  title: 'Autoencoder',
  paper: 'https://www.cs.toronto.edu/~larocheh/publications/icml-2008-denoising-autoencoders.pdf',
  summary:
    'Draws an image again from its embedding, after some of its pixels were put out. A plain beginning for the supervised steps of the server; its embedding keeps thickness and place along with the kind.',
  views: { image: 'weak' },
  heads: ['recon'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Share of the pixels that are put out. */
    noise: v.optional(between(0, 0.9), 0.25),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets({ tf, batch, config, random }) {
    const image = batch.views['image']!;
    const [rows, size] = image.shape;
    const kept = Float32Array.from({ length: rows * size * size }, () =>
      Number(random.next() >= config.noise),
    );
    return {
      spoilt: tf.mul(image, tf.tensor4d(kept, [rows, size, size, 1])),
      image: tf.reshape(image, [rows, -1]),
    };
  },
  loss({ tf, model, params }, { spoilt, image }) {
    const drawn = model.head(tf, 'recon', params, model.embed(tf, params, spoilt as Tensor4D));
    return { reconstruction: unexplained(tf, drawn, image!) };
  },
  report: () => ({}),
});

/** Squared error over the images' variance about their mean: 1 is as good as the mean image's level, 0 is exact. */
export function unexplained(tf: Tf, drawn: Tensor, image: Tensor): Scalar {
  const variance = tf.mean(tf.squaredDifference(image, tf.mean(image)));
  return tf.div(tf.mean(tf.squaredDifference(drawn, image)), tf.add(variance, 1e-6)) as Scalar;
}
