import type { Model } from '../../shared/nn/model.ts';
import { dispose, unflatten, type Tensor2D, type Tf } from '../../shared/nn/params.ts';

/**
 * What the network makes of images: rows of unit length, how long each was, and the classifier's
 * logits behind them.
 */
export type Inferred = { embeddings: Float32Array; lengths: Float32Array; logits: Float32Array };

/** An image model as classification needs it. */
export type Encoder = {
  /** Length of an embedding. */
  features: number;
  /**
   * @param images `count` images of size*size*channels numbers in [0, 1], channels last
   * @returns [count, features] with every row of length one, [count], and [count, classes]
   * @throws when the numbers are not `count` images, or after `dispose`
   */
  infer(images: Float32Array, count: number): Promise<Inferred>;
  /** The same from the network's own embeddings, [count, features], which are not of unit length. */
  inferFrom(embeddings: Float32Array): Promise<Inferred>;
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

  /** Both reads at once, and no further op: what is left is a few numbers a row. */
  async function read(make: () => Tensor2D): Promise<Inferred> {
    if (disposed) throw new Error('encoder: it was disposed');
    const [z, logits] = tf.tidy(() => {
      const rows = make();
      return [rows, model.head(tf, 'cls', params, rows)] as const;
    });
    try {
      const [rows, scores] = await Promise.all([z.data(), logits.data()]);
      const lengths = lengthsOf(rows as Float32Array, features);
      const embeddings = (rows as Float32Array).map((value, i) => {
        const length = lengths[Math.floor(i / features)]!;
        return length > 0 ? value / length : 0;
      });
      return { embeddings, lengths, logits: scores as Float32Array };
    } finally {
      z.dispose();
      logits.dispose();
    }
  }

  return {
    features,
    async infer(images, count) {
      if (images.length !== count * pixels)
        throw new Error(`encoder: ${images.length} numbers are not ${count} images of ${pixels}`);
      const passes: Inferred[] = [];
      for (let from = 0; from < count; from += BATCH) {
        const to = Math.min(from + BATCH, count);
        // A copy, not a view: tfjs's cpu backend would keep a view of the caller's array.
        const part = images.slice(from * pixels, to * pixels);
        const shape = [to - from, size, size, channels] as [number, number, number, number];
        passes.push(await read(() => model.embed(tf, params, tf.tensor4d(part, shape))));
      }
      return passes.length === 1 ? passes[0]! : joined(passes);
    },
    inferFrom: (embeddings) =>
      read(() => tf.tensor2d(embeddings, [embeddings.length / features, features])),
    dispose() {
      if (!disposed) dispose(params);
      disposed = true;
    },
  };
}

function lengthsOf(rows: Float32Array, features: number): Float32Array {
  const lengths = new Float32Array(rows.length / features);
  for (let at = 0, row = 0; row < lengths.length; row++) {
    let square = 0;
    for (let d = 0; d < features; d++, at++) square += rows[at]! * rows[at]!;
    lengths[row] = Math.sqrt(square);
  }
  return lengths;
}

function joined(passes: readonly Inferred[]): Inferred {
  const join = (part: keyof Inferred) => {
    const out = new Float32Array(passes.reduce((sum, one) => sum + one[part].length, 0));
    let at = 0;
    for (const one of passes) {
      out.set(one[part], at);
      at += one[part].length;
    }
    return out;
  };
  return { embeddings: join('embeddings'), lengths: join('lengths'), logits: join('logits') };
}
