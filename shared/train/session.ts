import { batches, Random, type RandomState } from '../math/random.ts';
import type { Model } from '../nn/model.ts';
import {
  dispose,
  flatten,
  unflatten,
  type Params,
  type Scalar,
  type Tensor,
  type Tf,
} from '../nn/params.ts';
import type {
  LocalData,
  LossTerms,
  Objective,
  StepContext,
  Tensors,
} from '../objectives/contract.ts';
import { Average } from './average.ts';
import { makeView } from './loader.ts';
import { Sgd } from './optimiser.ts';

export type SessionOptions = {
  tf: Tf;
  model: Model;
  objective: Objective;
  /** Already validated by the objective's schema. */
  config: unknown;
  weights: Float32Array;
  data: LocalData;
  batch: number;
  momentum: number;
  clip: number;
  /** Decay of the moving average of the weights: an objective's teacher, and what `averaged` gives. */
  averageDecay: number;
  seed: number;
};

/** A session between two steps; vectors are flat, in the layout's order. All of it can be structured-cloned. */
export type Snapshot = {
  /** Steps taken so far. */
  steps: number;
  student: Float32Array;
  average: Float32Array;
  velocity: Float32Array;
  random: RandomState;
};

/**
 * One stretch of learning from received weights: a volunteer's round, or the server's supervised
 * step. The same code in tab, Node and Durable Object, so that all three can be compared.
 * Lifetime: `start` -> perhaps `resume` -> any number of `step`s -> `weights` -> `dispose`.
 */
export class Session {
  readonly #o: SessionOptions;
  readonly #optimiser: Sgd;
  readonly #rows: Generator<number[]>;
  readonly #state: unknown;
  /** How many images the objective can learn from this round. */
  readonly usable: number;
  readonly #average: Average;
  #random: Random;
  #student: Params;
  #steps = 0;

  private constructor(options: SessionOptions, student: Params, state: unknown, random: Random) {
    this.#o = options;
    this.#random = random;
    this.#student = student;
    this.#state = state;
    const { tf, objective, data, momentum, clip } = options;
    this.#optimiser = new Sgd(tf, { momentum, clip });
    this.#average = new Average(tf, options.averageDecay, student);
    const rows = objective.rows(state, data);
    this.usable = rows.length;
    this.#rows = batches(rows, options.batch, random.fork('rows'));
  }

  /** @throws when the weights do not fit the model, or labels are needed and there are none. */
  static async start(options: SessionOptions): Promise<Session> {
    const { tf, model, objective, config, data, weights } = options;
    if (data.count === 0) throw new Error('session: there are no images to learn from');
    const random = new Random(options.seed);
    const params = unflatten(tf, model.layout, weights);
    const views = random.fork('begin');
    try {
      const state = await objective.begin({
        ...{ tf, model, config, params, data, random: views },
        view: (name, rows) => makeView(tf, data, model.spec.input, name, rows, views),
      });
      return new Session(options, params, state, random);
    } catch (error) {
      dispose(params);
      throw error;
    }
  }

  /** What the objective says of the round: coverage, confidence. */
  report(): Record<string, number> {
    return this.#o.objective.report(this.#state);
  }

  /**
   * One update at the given learning rate. The returned terms are the loss by name; the caller
   * reads them when it likes and disposes them. @throws when nothing is usable.
   */
  step(rate: number): LossTerms {
    const { tf, objective } = this.#o;
    const rows = this.#rows.next().value as number[];
    const context = this.#context(rows);
    let targets: Tensors = {};
    try {
      targets = tf.tidy(() => objective.targets(context));
      const { gradients, terms } = this.#differentiate(context, targets);
      this.#optimiser.step(this.#student, gradients, rate);
      this.#average.follow(this.#student, ++this.#steps);
      return terms;
    } finally {
      for (const tensor of [...Object.values(targets), ...Object.values(context.batch.views)])
        tensor.dispose();
    }
  }

  /** The loss by its terms, and the gradient of their sum for every parameter that it reads. */
  #differentiate(
    context: StepContext<unknown, unknown>,
    targets: Tensors,
  ): { gradients: Params; terms: LossTerms } {
    const { tf, objective } = this.#o;
    const names = Object.keys(this.#student);
    let terms: LossTerms = {};
    const { grads, value } = tf.tidy(() => {
      const total = (...tensors: Tensor[]) => {
        const params = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
        const made = objective.loss({ ...context, params }, targets);
        terms = Object.fromEntries(Object.entries(made).map(([k, t]) => [k, tf.keep(tf.clone(t))]));
        return Object.values(made).reduce((a, b) => tf.add(a, b)) as Scalar;
      };
      // The engine's own call, since `tf.grads` refuses a parameter that the loss does not read:
      // here that is a head of another objective, and it simply stays as it is.
      const inputs = names.map((name) => this.#student[name]!);
      return tf.engine().gradients(() => total(...inputs), inputs, undefined, true);
    });
    value.dispose();
    const moved = names.flatMap((name, i) => (grads[i] ? [[name, grads[i]] as const] : []));
    return { gradients: Object.fromEntries(moved), terms };
  }

  #context(rows: number[]): StepContext<unknown, unknown> {
    const { tf, model, objective, config, data } = this.#o;
    const random = this.#random;
    const view = (name: (typeof objective.views)[string], of: readonly number[]) =>
      makeView(tf, data, model.spec.input, name, of, random);
    const views = Object.fromEntries(
      Object.entries(objective.views).map(([as, name]) => [as, view(name, rows)]),
    );
    const common = { tf, model, config, data, random, view, state: this.#state };
    const teacher = this.#average.params;
    return { ...common, params: this.#student, teacher, batch: { rows, views } };
  }

  /** The student's weights, flat. */
  weights(): Promise<Float32Array> {
    return flatten(this.#o.model.layout, this.#student);
  }

  /** The moving average of the student's weights, flat: less noisy than the last step's. */
  averaged(): Promise<Float32Array> {
    return this.#average.flat(this.#o.model.layout);
  }

  /** Where the session stands. Not to be stepped before this has settled. */
  async snapshot(): Promise<Snapshot> {
    const { tf, model } = this.#o;
    const { layout } = model;
    const random = this.#random.state;
    // What was never stepped has no velocity: a zero does as well.
    const still = unflatten(tf, layout, new Float32Array(layout.size));
    const [student, average, velocity] = await Promise.all([
      this.weights(),
      this.averaged(),
      flatten(layout, { ...still, ...this.#optimiser.velocity }),
    ]).finally(() => dispose(still));
    return { steps: this.#steps, student, average, velocity, random };
  }

  /**
   * Goes on from a snapshot of a session that had been started with the same options: every later
   * step gives the same numbers as there, to the last bit on the same backend. What the objective
   * made at its beginning is not in the snapshot; `start` makes it again from the received weights.
   * Only before the first step. @throws when the snapshot is of another model
   */
  resume({ steps, student, average, velocity, random }: Snapshot): void {
    const { tf, model } = this.#o;
    for (const { length } of [student, average, velocity])
      if (length !== model.layout.size)
        throw new Error(`session: a snapshot of ${length} numbers for ${model.layout.size}`);
    dispose(this.#student);
    this.#student = unflatten(tf, model.layout, student);
    this.#average.resume(unflatten(tf, model.layout, average));
    this.#optimiser.resume(unflatten(tf, model.layout, velocity));
    this.#random = Random.at(random);
    // Which rows come next follows from how many were drawn; drawing again is cheaper than keeping it.
    while (this.#steps < steps) {
      this.#rows.next();
      this.#steps++;
    }
  }

  dispose(): void {
    dispose(this.#student);
    this.#average.dispose();
    this.#optimiser.dispose();
  }
}
