import type { Model } from '../nn/model.ts';
import { dispose, unflatten, type Tensor4D, type Tf } from '../nn/params.ts';
import type { LocalData } from '../objectives/contract.ts';

const CHUNK = 64;

/** Share of the images whose class the model's own classifier names first, 0 to 1. */
export async function accuracyOf(
  tf: Tf,
  model: Model,
  weights: Float32Array,
  data: LocalData,
): Promise<number> {
  if (!data.labels || data.count === 0) throw new Error('evaluate: there are no labelled images');
  const { size, channels } = model.spec.input;
  const pixels = size * size * channels;
  const params = unflatten(tf, model.layout, weights);
  let right = 0;
  try {
    for (let start = 0; start < data.count; start += CHUNK) {
      const count = Math.min(CHUNK, data.count - start);
      const images = data.images.slice(start * pixels, (start + count) * pixels);
      const first = tf.tidy(() => {
        const x = tf.tensor4d(images, [count, size, size, channels]) as Tensor4D;
        return tf.argMax(model.logits(tf, params, x), 1);
      });
      const named = await first.data();
      first.dispose();
      for (let i = 0; i < count; i++) if (named[i] === data.labels[start + i]) right++;
    }
  } finally {
    dispose(params);
  }
  return right / data.count;
}
