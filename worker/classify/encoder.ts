import { l2Normalise } from '../../shared/nn/layers.ts';
import type { Model } from '../../shared/nn/model.ts';
import { dispose, unflatten, type Tf } from '../../shared/nn/params.ts';

/** What the network makes of images: rows of unit length, and the classifier's logits behind them. */
export type Inferred = { embeddings: Float32Array; logits: Float32Array };

/** An image model as classification needs it. */
export type Encoder = {
  /** Length of an embedding. */
  features: number;
  /**
   * @param images `count` images of size*size*channels numbers in [0, 1], channels last
   * @returns [count, features] with every row of length one, and [count, classes]
   * @throws when the numbers are not `count` images, or after `dispose`
   */
  infer(images: Float32Array, count: number): Promise<Inferred>;
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

  async function pass(images: Float32Array, count: number): Promise<Inferred> {
    const [rows, logits] = tf.tidy(() => {
      const z = model.embed(tf, params, tf.tensor4d(images, [count, size, size, channels]));
      return [l2Normalise(tf, z), model.head(tf, 'cls', params, z)] as const;
    });
    try {
      const [embeddings, scores] = await Promise.all([rows.data(), logits.data()]);
      return { embeddings: embeddings as Float32Array, logits: scores as Float32Array };
    } finally {
      rows.dispose();
      logits.dispose();
    }
  }

  return {
    features,
    async infer(images, count) {
      if (disposed) throw new Error('encoder: it was disposed');
      if (images.length !== count * pixels)
        throw new Error(`encoder: ${images.length} numbers are not ${count} images of ${pixels}`);
      const embeddings = new Float32Array(count * features);
      const logits = new Float32Array(count * spec.classes);
      for (let from = 0; from < count; from += BATCH) {
        const to = Math.min(from + BATCH, count);
        // A copy, not a view: tfjs's cpu backend would keep a view of the caller's array.
        const part = await pass(images.slice(from * pixels, to * pixels), to - from);
        embeddings.set(part.embeddings, from * features);
        logits.set(part.logits, from * spec.classes);
      }
      return { embeddings, logits };
    },
    dispose() {
      if (!disposed) dispose(params);
      disposed = true;
    },
  };
}
