import { running } from '../math/distribution.ts';
import { AVERAGE_STEP, runOverAll, type AverageStepAttrs } from '../kernels/whole-model.ts';
import { dispose, flatten, type Params, type Tf } from '../nn/params.ts';
import type { Layout } from '../weights/layout.ts';

/**
 * The exponential moving average of weights: average <- decay * average + (1 - decay) * weights. The
 * decay grows with the steps, so that a short stretch is not held at its beginning.
 */
export class Average {
  readonly #tf: Tf;
  readonly #decay: number;
  readonly #moving: readonly string[];
  #params: Params;

  /** Begins at copies of the given parameters. @param moving the names of those that are trained; the others stay, to the bit */
  constructor(tf: Tf, decay: number, params: Params, moving: readonly string[]) {
    this.#tf = tf;
    this.#decay = decay;
    this.#moving = moving;
    this.#params = Object.fromEntries(Object.entries(params).map(([k, t]) => [k, tf.clone(t)]));
  }

  /** Not to be disposed; replaced by the next `follow`. */
  get params(): Params {
    return this.#params;
  }

  /** @param steps how many steps were taken, this one included: 1, 2, ... */
  follow(params: Params, steps: number): void {
    const tf = this.#tf;
    const decay = Math.min(this.#decay, steps / (steps + 9));
    if (tf.getKernel(AVERAGE_STEP, tf.getBackend())) {
      const lists = [this.#params, params].map((all) => this.#moving.map((name) => all[name]!));
      const [next] = runOverAll<AverageStepAttrs>(tf, AVERAGE_STEP, lists, { decay });
      for (const tensor of lists[0]!) tensor.dispose();
      this.#moving.forEach((name, i) => (this.#params[name] = next![i]!));
      return;
    }
    for (const name of this.#moving) {
      const before = this.#params[name]!;
      this.#params[name] = tf.tidy(() => running(tf, before, params[name]!, decay));
      before.dispose();
    }
  }

  /** Goes on from these parameters, which become the average's own. */
  resume(params: Params): void {
    dispose(this.#params);
    this.#params = params;
  }

  flat(layout: Layout): Promise<Float32Array> {
    return flatten(layout, this.#params);
  }

  dispose(): void {
    dispose(this.#params);
  }
}
