import { running } from '../../math/distribution.ts';
import { ADAM_STEP, runOverAll, type AdamStepAttrs } from '../../kernels/whole-model.ts';
import { dispose, type Params, type Tensor, type Tf } from '../../nn/params.ts';
import { clipScale, type Optimiser, type OptimiserOptions } from './optimiser.ts';

const SECOND = 0.999;
const EPSILON = 1e-8;

/**
 * Adam (Kingma and Ba 2015, arXiv:1412.6980, algorithm 1), beta1 being the plan's momentum and beta2
 * 0.999, the whole gradient clipped first. What episodes and sequence models are trained with.
 */
export class Adam implements Optimiser {
  readonly #tf: Tf;
  readonly #options: OptimiserOptions;
  #first: Params = {};
  #second: Params = {};
  #steps = 0;

  constructor(tf: Tf, options: OptimiserOptions) {
    this.#tf = tf;
    this.#options = options;
  }

  step(params: Params, gradients: Params, rate: number): void {
    const tf = this.#tf;
    this.#steps++;
    // Algorithm 1 with epsilon-hat: both moments start at zero, and the corrections that make up for it
    // are put into the rate and epsilon (end of the paper's section 2).
    const spread = Math.sqrt(1 - SECOND ** this.#steps);
    const corrected = (rate * spread) / (1 - this.#options.momentum ** this.#steps);
    const epsilon = EPSILON * spread;
    if (tf.getKernel(ADAM_STEP, tf.getBackend()))
      this.#fused(params, gradients, corrected, epsilon);
    else this.#composed(params, gradients, corrected, epsilon);
  }

  #fused(params: Params, gradients: Params, rate: number, epsilon: number): void {
    const tf = this.#tf;
    const { momentum: first, clip } = this.#options;
    const names = Object.keys(gradients);
    if (names.length === 0) return;
    for (const name of names)
      for (const moment of [this.#first, this.#second])
        moment[name] ??= tf.zerosLike(params[name]!);
    const lists = [params, this.#first, this.#second, gradients].map((all) =>
      names.map((name) => all[name]!),
    );
    const attrs = { rate, first, second: SECOND, epsilon, clip };
    const [moved, means, squares] = runOverAll<AdamStepAttrs>(tf, ADAM_STEP, lists, attrs);
    lists.flat().forEach((tensor) => tensor.dispose());
    names.forEach((name, i) => {
      params[name] = moved![i]!;
      this.#first[name] = means![i]!;
      this.#second[name] = squares![i]!;
    });
  }

  #composed(params: Params, gradients: Params, rate: number, epsilon: number): void {
    const tf = this.#tf;
    const { momentum: beta, clip } = this.#options;
    const scale = tf.tidy(() => clipScale(tf, gradients, clip));
    for (const [name, gradient] of Object.entries(gradients)) {
      const [next, first, second] = tf.tidy(() => {
        const g = tf.mul(gradient, scale);
        const mean = mixed(tf, this.#first[name], g, beta);
        const square = mixed(tf, this.#second[name], tf.square(g), SECOND);
        const move = tf.div(mean, tf.add(tf.sqrt(square), epsilon));
        return [tf.sub(params[name]!, tf.mul(move, rate)), mean, square] as Tensor[];
      }) as [Tensor, Tensor, Tensor];
      [params[name]!, this.#first[name], this.#second[name], gradient].forEach((t) => t?.dispose());
      params[name] = next;
      this.#first[name] = first;
      this.#second[name] = second;
    }
    scale.dispose();
  }

  get moments(): readonly Params[] {
    return [this.#first, this.#second];
  }

  resume([first, second]: readonly Params[], steps: number): void {
    this.dispose();
    this.#first = first ?? {};
    this.#second = second ?? {};
    this.#steps = steps;
  }

  dispose(): void {
    dispose(this.#first);
    dispose(this.#second);
    this.#first = {};
    this.#second = {};
  }
}

/** decay * before + (1 - decay) * now, from zero. */
function mixed(tf: Tf, before: Tensor | undefined, now: Tensor, decay: number): Tensor {
  return before ? running(tf, before, now, decay) : tf.mul(now, 1 - decay);
}
