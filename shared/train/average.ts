import { dispose, flatten, type Params, type Tf } from '../nn/params.ts';
import type { Layout } from '../weights/layout.ts';

/**
 * The exponential moving average of weights: average <- decay * average + (1 - decay) * weights. The
 * decay grows with the steps, so that a short stretch is not held at its beginning.
 */
export class Average {
  readonly #tf: Tf;
  readonly #decay: number;
  #params: Params;

  /** Begins at copies of the given parameters. */
  constructor(tf: Tf, decay: number, params: Params) {
    this.#tf = tf;
    this.#decay = decay;
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
    for (const [name, before] of Object.entries(this.#params)) {
      this.#params[name] = tf.tidy(() =>
        tf.add(tf.mul(before, decay), tf.mul(params[name]!, 1 - decay)),
      );
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
