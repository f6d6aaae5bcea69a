import { runOverAll, SGD_STEP, type SgdStepAttrs } from '../../kernels/whole-model.ts';
import { dispose, type Params, type Tensor, type Tf } from '../../nn/params.ts';
import { clipScale, type Optimiser, type OptimiserOptions } from './optimiser.ts';

/**
 * SGD with Nesterov momentum, the whole gradient clipped first: at this size clipping and a falling
 * rate matter more than the federated protocol (Shoal's own measurement, docs/architecture.md).
 */
export class Sgd implements Optimiser {
  readonly #tf: Tf;
  readonly #options: OptimiserOptions;
  #velocity: Params = {};

  constructor(tf: Tf, options: OptimiserOptions) {
    this.#tf = tf;
    this.#options = options;
  }

  step(params: Params, gradients: Params, rate: number): void {
    const tf = this.#tf;
    if (tf.getKernel(SGD_STEP, tf.getBackend())) this.#fused(params, gradients, rate);
    else this.#composed(params, gradients, rate);
  }

  #fused(params: Params, gradients: Params, rate: number): void {
    const tf = this.#tf;
    const names = Object.keys(gradients);
    if (names.length === 0) return;
    for (const name of names) this.#velocity[name] ??= tf.zerosLike(params[name]!);
    const lists = [params, this.#velocity, gradients].map((all) => names.map((name) => all[name]!));
    const attrs = { ...this.#options, rate };
    const [moved, velocity] = runOverAll<SgdStepAttrs>(tf, SGD_STEP, lists, attrs);
    lists.flat().forEach((tensor) => tensor.dispose());
    names.forEach((name, i) => {
      params[name] = moved![i]!;
      this.#velocity[name] = velocity![i]!;
    });
  }

  #composed(params: Params, gradients: Params, rate: number): void {
    const tf = this.#tf;
    const { momentum, clip } = this.#options;
    const scale = tf.tidy(() => clipScale(tf, gradients, clip));
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

  get moments(): readonly Params[] {
    return [this.#velocity];
  }

  resume([velocity]: readonly Params[]): void {
    this.dispose();
    this.#velocity = velocity ?? {};
  }

  dispose(): void {
    dispose(this.#velocity);
    this.#velocity = {};
  }
}
