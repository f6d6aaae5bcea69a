import { Random, type RandomState } from '../math/random.ts';
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
  RoundContext,
  StepContext,
  Tensors,
} from '../objectives/contract.ts';
import { Average } from './average.ts';
import { Batches } from './batches.ts';
import { Labelled, labelledTerm } from './labelled.ts';
import { imagesTensor, makeView } from './loader.ts';
import { OPTIMISERS, type OptimiserId } from './optimisers/index.ts';
import type { Optimiser } from './optimisers/optimiser.ts';
import { pullBack } from './proximal.ts';
import { steepest } from './sharpness.ts';
import type { ViewMaker } from './view-order.ts';

export type SessionOptions = {
  tf: Tf;
  model: Model;
  objective: Objective;
  /** Already validated by the objective's schema. */
  config: unknown;
  weights: Float32Array;
  data: LocalData;
  batch: number;
  optimiser?: OptimiserId;
  momentum: number;
  clip: number;
  /** Decay of the moving average of the weights: an objective's teacher, and what `averaged` gives. */
  averageDecay: number;
  /** FedProx's pull towards the received weights; 0 is none. */
  proximal?: number;
  /** Radius within which each step looks for the steepest place, to go down from there (ASAM's rho); 0 is none. */
  sharpness?: number;
  /** Labelled images that are learnt from in the same steps: a central run. */
  labelled?: { data: LocalData; batch: number } | undefined;
  /** Makes the steps' views ahead, in another thread, where `ready` is awaited; the numbers are the same. */
  viewMaker?: ViewMaker | undefined;
  seed: number;
};

/** A session between two steps; vectors are flat, in the layout's order. All of it can be structured-cloned. */
export type Snapshot = {
  /** Steps taken so far. */
  steps: number;
  student: Float32Array;
  average: Float32Array;
  moments: Float32Array[];
  random: RandomState;
  /** What the objective carries from step to step, by name. */
  memory: Record<string, Float32Array>;
};

/** What follows from the options alone, made once when the session starts. */
type Begun = { state: unknown; memory: Params; random: Random; labelled: Labelled | undefined };

/** A step's loss by its terms, and its gradient by parameter. */
type Descent = { gradients: Params; terms: LossTerms };

/**
 * One stretch of learning from received weights: a volunteer's round, or the server's supervised
 * step. The same code in tab, Node and Durable Object, so that all three can be compared.
 * Lifetime: `start` -> perhaps `resume` -> any number of `step`s -> `weights` -> `dispose`.
 */
export class Session {
  readonly #o: SessionOptions;
  readonly #optimiser: Optimiser;
  readonly #batches: Batches;
  readonly #labelled: Labelled | undefined;
  readonly #state: unknown;
  readonly #average: Average;
  readonly #received: Params;
  #memory: Params;
  #random: Random;
  #student: Params;
  #steps = 0;

  private constructor(options: SessionOptions, received: Params, begun: Begun) {
    const { tf, model, momentum, clip } = options;
    this.#o = options;
    this.#random = begun.random;
    this.#received = received;
    this.#student = Object.fromEntries(Object.entries(received).map(([k, t]) => [k, t.clone()]));
    this.#state = begun.state;
    this.#memory = begun.memory;
    this.#optimiser = new OPTIMISERS[options.optimiser ?? 'sgd'](tf, { momentum, clip });
    this.#average = new Average(tf, options.averageDecay, received, model.trained);
    this.#batches = new Batches({ ...options, input: model.spec.input, state: begun.state });
    this.#labelled = begun.labelled;
  }

  /** @throws when the weights do not fit the model, or labels are needed and there are none. */
  static async start(options: SessionOptions): Promise<Session> {
    const { tf, model, objective, config, data, weights } = options;
    if (data.count === 0) throw new Error('session: there are no images to learn from');
    const { seed } = options;
    // Before there is a tensor: it throws where there are no labels.
    const labelled = options.labelled && new Labelled({ tf, model, seed, ...options.labelled });
    const random = new Random(seed);
    const params = unflatten(tf, model.layout, weights);
    const views = random.fork('begin');
    try {
      const round: RoundContext<unknown> = {
        ...{ tf, model, config, params, data, seeds: options.labelled?.data, random: views },
        view: (name, rows) => makeView(tf, data, model.spec.input, name, rows, views),
      };
      const state = await objective.begin(round);
      const memory = tf.tidy(() => objective.memory?.(round) ?? {});
      return new Session(options, params, { state, memory, random, labelled });
    } catch (error) {
      dispose(params);
      throw error;
    }
  }

  /** How many images the objective can learn from this round. */
  get usable(): number {
    return this.#batches.usable;
  }

  /** The class that each image is learnt as, -1 where none; undefined where that is not fixed for the round. */
  labels(): Int32Array | undefined {
    return this.#o.objective.labels?.(this.#state);
  }

  /** What the objective says of the round: coverage, confidence. */
  report(): Record<string, number> {
    return this.#o.objective.report(this.#state);
  }

  /** Resolves once the next step's views are made. A step that is not waited for makes them itself. */
  ready(): Promise<void> {
    return this.#batches.ready();
  }

  /**
   * One update at the given learning rate. The returned terms are the loss by name; the caller
   * reads them when it likes and disposes them. @throws when nothing is usable.
   */
  step(rate: number): LossTerms {
    const { tf, objective } = this.#o;
    const context = this.#context();
    let targets: Tensors = {};
    try {
      targets = tf.tidy(() => objective.targets(context));
      const { gradients, terms } = this.#descent(context, targets);
      this.#optimiser.step(this.#student, this.#pulledBack(gradients), rate);
      this.#average.follow(this.#student, ++this.#steps);
      this.#remember(context, targets);
      return terms;
    } finally {
      for (const tensors of [targets, context.batch.views, context.labelled ?? {}])
        dispose(tensors);
    }
  }

  /** The loss where the student is, and the gradient to follow: taken there, or where it is steepest around. */
  #descent(context: StepContext<unknown, unknown>, targets: Tensors): Descent {
    const { tf, sharpness = 0 } = this.#o;
    const here = this.#differentiate(context, targets, this.#student);
    if (sharpness === 0) return here;
    const around = steepest(tf, this.#student, here.gradients, sharpness);
    const there = this.#differentiate(context, targets, around);
    for (const name of Object.keys(here.gradients)) around[name]!.dispose();
    dispose(here.gradients);
    dispose(there.terms);
    return { gradients: there.gradients, terms: here.terms };
  }

  /** The loss by its terms, and the gradient of their sum for every trained parameter that it reads. */
  #differentiate(
    context: StepContext<unknown, unknown>,
    targets: Tensors,
    student: Params,
  ): Descent {
    const { tf, model } = this.#o;
    let terms: LossTerms = {};
    const { grads, value } = tf.tidy(() => {
      const total = (...tensors: Tensor[]) => {
        const watched = Object.fromEntries(model.trained.map((name, i) => [name, tensors[i]!]));
        const made = this.#terms({ ...context, params: { ...student, ...watched } }, targets);
        terms = Object.fromEntries(Object.entries(made).map(([k, t]) => [k, tf.keep(tf.clone(t))]));
        return Object.values(made).reduce((a, b) => tf.add(a, b)) as Scalar;
      };
      // The engine's own call, since `tf.grads` refuses a parameter that the loss does not read:
      // here that is a head of another objective, and it simply stays as it is.
      const inputs = model.trained.map((name) => student[name]!);
      return tf.engine().gradients(() => total(...inputs), inputs, undefined, true);
    });
    value.dispose();
    const moved = model.trained.flatMap((name, i) => (grads[i] ? [[name, grads[i]] as const] : []));
    return { gradients: Object.fromEntries(moved), terms };
  }

  #terms(context: StepContext<unknown, unknown>, targets: Tensors): LossTerms {
    const { objective } = this.#o;
    const terms = objective.loss(context, targets);
    return objective.mixesLabelled ? terms : { ...terms, ...labelledTerm(context) };
  }

  #pulledBack(gradients: Params): Params {
    const { tf, proximal } = this.#o;
    const [student, received] = [this.#student, this.#received];
    return pullBack(tf, gradients, { student, received, strength: proximal ?? 0 });
  }

  #remember(context: StepContext<unknown, unknown>, targets: Tensors): void {
    const { tf, objective } = this.#o;
    if (!objective.remember) return;
    const next = tf.tidy(() => objective.remember!(context, targets));
    const kept = new Set(Object.values(next));
    for (const tensor of Object.values(this.#memory)) if (!kept.has(tensor)) tensor.dispose();
    this.#memory = next;
  }

  #context(): StepContext<unknown, unknown> {
    const { tf, model, config, data } = this.#o;
    const { input } = model.spec;
    const random = this.#random;
    const { rows, views } = this.#batches.next();
    const tensors = Object.fromEntries(
      Object.entries(views).map(([name, numbers]) => [name, imagesTensor(tf, numbers, input)]),
    );
    const labelled = this.#labelled?.next();
    return {
      ...{ tf, model, config, data, random, state: this.#state, memory: this.#memory },
      view: (name, of) => makeView(tf, data, input, name, of, random),
      ...{ params: this.#student, teacher: this.#average.params, received: this.#received },
      batch: { rows, views: tensors },
      ...(labelled && { labelled }),
    };
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
    // What was never stepped has no moments: a zero does as well.
    const still = unflatten(tf, layout, new Float32Array(layout.size));
    const moments = this.#optimiser.moments.map((m) => flatten(layout, { ...still, ...m }));
    const memory = Object.entries(this.#memory).map(
      async ([name, tensor]) => [name, (await tensor.data()) as Float32Array] as const,
    );
    const [student, average, moved, carried] = await Promise.all([
      this.weights(),
      this.averaged(),
      Promise.all(moments),
      Promise.all(memory),
    ]).finally(() => dispose(still));
    const steps = this.#steps;
    return { steps, student, average, random, moments: moved, memory: Object.fromEntries(carried) };
  }

  /**
   * Goes on from a snapshot of a session that had been started with the same options: every later
   * step gives the same numbers as there, to the last bit on the same backend. What the objective
   * made at its beginning is not in the snapshot; `start` makes it again from the received weights.
   * Only before the first step. @throws when the snapshot is of another model
   */
  resume({ steps, student, average, moments, random, memory }: Snapshot): void {
    const { tf, model } = this.#o;
    for (const { length } of [student, average, ...moments])
      if (length !== model.layout.size)
        throw new Error(`session: a snapshot of ${length} numbers for ${model.layout.size}`);
    dispose(this.#student);
    this.#student = unflatten(tf, model.layout, student);
    this.#average.resume(unflatten(tf, model.layout, average));
    const again = moments.map((flat) => unflatten(tf, model.layout, flat));
    this.#optimiser.resume(again, steps);
    this.#random = Random.at(random);
    const before = this.#memory;
    this.#memory = Object.fromEntries(
      Object.entries(before).map(([name, { shape }]) => [name, tf.tensor(memory[name]!, shape)]),
    );
    dispose(before);
    // Which rows come next follows from how many were drawn; drawing again is cheaper than keeping it.
    this.#batches.skip(steps);
    this.#labelled?.skip(steps);
    this.#steps = steps;
  }

  dispose(): void {
    dispose(this.#received);
    dispose(this.#student);
    dispose(this.#memory);
    this.#average.dispose();
    this.#optimiser.dispose();
  }
}
