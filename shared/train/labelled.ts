import { oneHot } from '../math/one-hot.ts';
import { crossEntropy } from '../math/losses.ts';
import type { Scalar, Tensor2D, Tensor4D, Tf } from '../nn/params.ts';
import type { LocalData, LossTerms, StepContext } from '../objectives/contract.ts';
import { supervised } from '../objectives/supervised/supervised.ts';
import type { Model } from '../nn/model.ts';
import { Batches } from './batches.ts';
import { imagesTensor } from './loader.ts';

/** Share of a label that is spread over all classes: as the server's supervised steps have it. */
const SMOOTHING = 0.1;

export type LabelledOptions = {
  tf: Tf;
  model: Model;
  data: LocalData;
  batch: number;
  seed: number;
};

/** The labelled half of a central run's steps: strongly changed images and their classes. */
export class Labelled {
  readonly #o: LabelledOptions;
  readonly #batches: Batches;

  /** @throws when the images have no labels. */
  constructor(options: LabelledOptions) {
    const { data, model, batch, seed } = options;
    if (!data.labels) throw new Error('session: the labelled images have no labels');
    this.#o = options;
    this.#batches = new Batches({
      ...{ objective: supervised, config: {}, state: { labels: data.labels } },
      ...{ data, input: model.spec.input, batch, seed },
    });
  }

  /** The caller disposes both tensors. */
  next(): { images: Tensor4D; labels: Tensor2D } {
    const { tf, model, data } = this.#o;
    const { input, classes } = model.spec;
    const { rows, views } = this.#batches.next();
    const named = rows.map((row) => data.labels![row] as number);
    const labels = tf.tidy(() => oneHot(tf, named, classes));
    return { images: imagesTensor(tf, views['image']!, input), labels };
  }

  skip(steps: number): void {
    this.#batches.skip(steps);
  }
}

/** The cross-entropy that a central run learns by beside its objective, where that does not see the labels itself. */
export function labelledTerm({
  tf,
  model,
  params,
  labelled,
}: StepContext<unknown, unknown>): LossTerms {
  if (!labelled) return {};
  const { classes } = model.spec;
  const soft = tf.add(tf.mul(labelled.labels, 1 - SMOOTHING), SMOOTHING / classes);
  const logits = model.logits(tf, params, labelled.images);
  return { labelled: tf.mean(crossEntropy(tf, logits, soft)) as Scalar };
}
