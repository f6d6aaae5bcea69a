import { crossEntropy } from '../../shared/math/losses.ts';
import { Random } from '../../shared/math/random.ts';
import type { NetName } from '../../shared/nn/index.ts';
import { createModel, type Model } from '../../shared/nn/model.ts';
import {
  dispose,
  initialise,
  unflatten,
  type Params,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tf,
} from '../../shared/nn/params.ts';
import { Sgd } from '../../shared/train/optimisers/sgd.ts';

export const SEED = 5;
export const BATCH = 32;
export const SIDE = 28;
const CLASSES = 36;
const RATE = 0.01;

/** One step that is over: how long it took, and the loss it began from. */
export type Stepped = { milliseconds: number; loss: number };

export function benchModel(net: NetName): Model {
  return createModel({ net, input: { size: SIDE, channels: 1 }, classes: CLASSES, heads: ['cls'] });
}

/** So many images of noise, [count, SIDE, SIDE, 1] flat: what is in an image changes no time. */
export function noiseImages(count: number): Float32Array {
  const random = new Random(SEED);
  return Float32Array.from({ length: count * SIDE * SIDE }, () => random.next());
}

/**
 * A supervised training step and nothing around it: forward, backward, clipped SGD with momentum,
 * again and again on one batch of 32, on whichever backend is set when this is made.
 */
export class BareStep {
  readonly #tf: Tf;
  readonly #model: Model;
  readonly #optimiser: Sgd;
  readonly #x: Tensor;
  readonly #labels: Tensor;
  readonly #params: Params;

  constructor(tf: Tf, net: NetName) {
    this.#tf = tf;
    this.#model = benchModel(net);
    this.#optimiser = new Sgd(tf, { momentum: 0.9, clip: 1 });
    this.#params = unflatten(
      tf,
      this.#model.layout,
      initialise(this.#model.layout, new Random(SEED)),
    );
    this.#x = tf.tensor4d(noiseImages(BATCH), [BATCH, SIDE, SIDE, 1]);
    const rows = Array.from({ length: BATCH }, (_, i) => i % CLASSES);
    this.#labels = tf.tidy(() =>
      tf.cast(tf.oneHot(tf.tensor1d(rows, 'int32'), CLASSES), 'float32'),
    );
  }

  async run(): Promise<Stepped> {
    const tf = this.#tf;
    const start = performance.now();
    const names = Object.keys(this.#params);
    const { value, grads } = tf.tidy(() =>
      tf.valueAndGrads((...tensors: Tensor[]) => {
        const params = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
        const logits = this.#model.logits(tf, params, this.#x as never);
        return tf.mean(crossEntropy(tf, logits, this.#labels as Tensor2D)) as Scalar;
      })(names.map((name) => this.#params[name]!)),
    );
    const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]!]));
    this.#optimiser.step(this.#params, gradients, RATE);
    const [loss] = await value.data();
    value.dispose();
    return { milliseconds: performance.now() - start, loss: loss as number };
  }

  dispose(): void {
    dispose(this.#params);
    this.#optimiser.dispose();
    this.#x.dispose();
    this.#labels.dispose();
  }
}
