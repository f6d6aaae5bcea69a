import { l2Normalise } from '../../shared/nn/layers.ts';
import type { Model } from '../../shared/nn/model.ts';
import { dispose, unflatten, type Tf } from '../../shared/nn/params.ts';

/** An image model as the classifier needs it: images in, unit vectors out. */
export type Encoder = {
  /** Length of an embedding. */
  features: number;
  /**
   * @param images `count` images of size*size*channels numbers in [0, 1], channels last
   * @returns count*features numbers, every row of length one
   * @throws when the numbers are not `count` images, or after `dispose`
   */
  embed(images: Float32Array, count: number): Promise<Float32Array>;
  dispose(): void;
};

/**
 * Images a pass, at most: what a few dozen activations of 32 channels take stays far below an
 * isolate's 128 MB, and larger batches are no faster on one thread.
 */
const BATCH = 32;

/** @throws when the weights do not fit the model. */
export function createEncoder(tf: Tf, model: Model, weights: Float32Array): Encoder {
  const { features, spec } = model;
  const { size, channels } = spec.input;
  const pixels = size * size * channels;
  const params = unflatten(tf, model.layout, weights);
  let disposed = false;

  async function pass(images: Float32Array, count: number): Promise<Float32Array> {
    const rows = tf.tidy(() => {
      const x = tf.tensor4d(images, [count, size, size, channels]);
      return l2Normalise(tf, model.embed(tf, params, x));
    });
    try {
      return (await rows.data()) as Float32Array;
    } finally {
      rows.dispose();
    }
  }

  return {
    features,
    async embed(images, count) {
      if (disposed) throw new Error('encoder: it was disposed');
      if (images.length !== count * pixels)
        throw new Error(`encoder: ${images.length} numbers are not ${count} images of ${pixels}`);
      const out = new Float32Array(count * features);
      for (let from = 0; from < count; from += BATCH) {
        const to = Math.min(from + BATCH, count);
        // A copy, not a view: tfjs's cpu backend would keep a view of the caller's array.
        const part = images.slice(from * pixels, to * pixels);
        out.set(await pass(part, to - from), from * features);
      }
      return out;
    },
    dispose() {
      if (!disposed) dispose(params);
      disposed = true;
    },
  };
}
