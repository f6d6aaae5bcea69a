import { dispose, type Params, type Scalar, type Tensor, type Tf } from '../nn/params.ts';

/**
 * SGD with Nesterov momentum, the whole gradient clipped to a norm of `clip` first: at this size
 * clipping and a falling rate matter more than the federated protocol (Shoal's own measurement,
 * docs/architecture.md). The velocity lives one round: it is no part of what a volunteer sends.
 */
export type SgdOptions = { momentum: number; clip: number };

export class Sgd {
  readonly #tf: Tf;
  readonly #options: SgdOptions;
  #velocity: Params = {};

  constructor(tf: Tf, options: SgdOptions) {
    this.#tf = tf;
    this.#options = options;
  }

  /** Replaces every tensor of `params` by its stepped value and frees what it replaced, and the gradients. */
  step(params: Params, gradients: Params, rate: number): void {
    const tf = this.#tf;
    const { momentum } = this.#options;
    const scale = tf.tidy(() => this.#clipScale(gradients));
    for (const [name, gradient] of Object.entries(gradients)) {
      const [next, velocity] = tf.tidy(() => {
        const g = tf.mul(gradient, scale);
        const before = this.#velocity[name];
        const speed: Tensor = before ? tf.add(tf.mul(before, momentum), g) : g;
        const move = tf.add(g, tf.mul(speed, momentum));
        return [tf.sub(params[name]!, tf.mul(move, rate)), speed] as [Tensor, Tensor];
      });
      params[name]!.dispose();
      this.#velocity[name]?.dispose();
      gradient.dispose();
      params[name] = next;
      this.#velocity[name] = velocity;
    }
    scale.dispose();
  }

  #clipScale(gradients: Params): Scalar {
    const tf = this.#tf;
    let squares: Tensor = tf.scalar(1e-12);
    for (const gradient of Object.values(gradients))
      squares = tf.add(squares, tf.sum(tf.square(gradient)));
    return tf.minimum(1, tf.div(this.#options.clip, tf.sqrt(squares))) as Scalar;
  }

  /** By parameter, of those that were stepped at least once; not to be disposed. */
  get velocity(): Params {
    return this.#velocity;
  }

  /** Goes on with this velocity, which becomes the optimiser's own. A zero is the same as none. */
  resume(velocity: Params): void {
    this.dispose();
    this.#velocity = velocity;
  }

  dispose(): void {
    dispose(this.#velocity);
    this.#velocity = {};
  }
}
