import * as v from 'valibot';
import { range, type Random } from '../../math/random.ts';
import type { Tensor4D } from '../../nn/params.ts';
import { allRows, defineObjective } from '../contract.ts';
import { between, wholeBetween } from '../settings.ts';

/**
 * Masked reconstruction (Pathak et al. 2016; He et al. 2022): whole squares of the image are taken
 * out, and only what was there counts: nobody can copy it from the pixel beside it.
 */
export const maskedReconstruction = defineObjective({
  title: 'Masked reconstruction',
  paper: 'https://arxiv.org/abs/2111.06377',
  summary:
    'Draws the squares of an image that were taken out of it. Like the autoencoder a beginning for the supervised steps of the server, of which more is asked than to copy.',
  views: { image: 'weak' },
  heads: ['recon'],
  uses: { labels: false, teacher: false },
  config: v.strictObject({
    /** Share of the squares that are taken out. */
    masked: v.optional(between(0.1, 0.9), 0.5),
    /** Squares along each side of the image. */
    grid: v.optional(wholeBetween(2, 16), 7),
  }),
  begin: async () => undefined,
  rows: (_, data) => allRows(data),
  targets({ tf, batch, config, random }) {
    const image = batch.views['image']!;
    const [rows, size, , channels] = image.shape;
    const hidden = tf.tensor4d(squares(rows, size, config, random), [rows, size, size, 1]);
    return {
      left: tf.mul(image, tf.sub(1, hidden)),
      image: tf.reshape(image, [rows, -1]),
      hidden: tf.reshape(tf.tile(hidden, [1, 1, 1, channels]), [rows, -1]),
    };
  },
  loss({ tf, model, params }, { left, image, hidden }) {
    const drawn = model.head(tf, 'recon', params, model.embed(tf, params, left as Tensor4D));
    const over = (squared: unknown) => tf.sum(tf.mul(squared as never, hidden!));
    const variance = over(tf.squaredDifference(image!, tf.mean(image!)));
    const error = over(tf.squaredDifference(drawn, image!));
    return { reconstruction: tf.div(error, tf.add(variance, 1e-6)) };
  },
  report: () => ({}),
});

/** 1 where a pixel is in a square that is taken out: the same number of them in every image. */
function squares(
  rows: number,
  size: number,
  { masked, grid }: { masked: number; grid: number },
  random: Random,
): Float32Array {
  const hidden = new Float32Array(rows * size * size);
  const taken = Math.max(1, Math.round(masked * grid * grid));
  const square = (pixel: number) => Math.floor((pixel * grid) / size);
  for (let row = 0; row < rows; row++) {
    const out = new Set(random.shuffle(range(grid * grid)).slice(0, taken));
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        hidden[(row * size + y) * size + x] = Number(out.has(square(y) * grid + square(x)));
  }
  return hidden;
}
