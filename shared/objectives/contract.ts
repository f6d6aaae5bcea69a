import type { GenericSchema, InferOutput } from 'valibot';
import type { Random } from '../math/random.ts';
import type { HeadName } from '../nn/heads/index.ts';
import type { Model, ModelSpec } from '../nn/model.ts';
import type { Params, Scalar, Tensor, Tensor2D, Tensor4D, Tf } from '../nn/params.ts';
import type { ViewName } from '../views/index.ts';
import type { ParamSpec } from '../weights/layout.ts';

/** A volunteer's images, or the server's labelled ones: `count` images of size*size*channels in [0, 1]. */
export type LocalData = { images: Float32Array; count: number; labels?: Int32Array };

/** What an objective sees once a round, before the first step. */
export type RoundContext<Config> = {
  tf: Tf;
  model: Model;
  config: Config;
  /** The received weights. Not on a tape; not to be disposed. */
  params: Params;
  data: LocalData;
  /** All labelled images as they are, in a central run alone: what a graph over both is made of. */
  seeds?: LocalData | undefined;
  random: Random;
  /** Images [rows, size, size, channels] as the named view makes them; the caller disposes. */
  view(name: ViewName, rows: readonly number[]): Tensor4D;
};

/** What it sees at every step. */
export type StepContext<Config, State> = Omit<RoundContext<Config>, 'params' | 'seeds'> & {
  /** The student's parameters; inside `loss` the tape watches them. */
  params: Params;
  /** Follows the student as an exponential moving average. */
  teacher: Params;
  /** The weights that the round began with: the global model. */
  received: Params;
  state: State;
  /** Tensors carried from step to step: what `memory` made, and `remember` replaced. */
  memory: Params;
  batch: { rows: readonly number[]; views: Record<string, Tensor4D> };
  /**
   * Labelled images of this step, strongly changed, with their classes [rows, classes] as 0 and 1.
   * Only where labels and crowd are in one place: a central run, which a federated one is measured by.
   */
  labelled?: { images: Tensor4D; labels: Tensor2D };
};

export type Tensors = Record<string, Tensor>;
export type LossTerms = Record<string, Scalar>;

/**
 * An objective: what a tab minimises. Two steps, because tfjs has no stopGradient and a forgotten
 * detach is this field's classic silent bug: what `targets()` returns is made off the tape, so
 * nothing in it can be trained by accident.
 */
export type Objective<Schema extends GenericSchema = GenericSchema, State = unknown> = {
  title: string;
  /** A link to the paper. */
  paper: string;
  /** In two sentences: what it does and when to use it. */
  summary: string;
  /** The views a step needs, by the name `loss` knows them by. */
  views: Readonly<Record<string, ViewName>>;
  heads: readonly HeadName[];
  /** Whether it needs labels may be a matter of its settings: see `needsLabels`. */
  uses: { labels: boolean | ((config: InferOutput<Schema>) => boolean); teacher: boolean };
  /** Every setting has a default and a range. */
  config: Schema;
  /** Parameters beside the net's and the heads': a second network, an LSTM's gates. Named `own/...`. */
  parameters?(spec: ModelSpec, config: InferOutput<Schema>): ParamSpec[];
  /** Beginnings of the names of what a volunteer trains for itself alone, from fresh, every round: a head for its own clusters. */
  unsent?: readonly string[];
  /** Why it cannot learn from a project's images; undefined where it can. Asked when a plan is read. */
  needs?(spec: ModelSpec): string | undefined;
  /** Set when `loss` itself learns from `labelled`; otherwise the session adds their cross-entropy. */
  mixesLabelled?: true;
  /** Once a round, from the received weights and the local data: a table of labels, clusters, thresholds. */
  begin(context: RoundContext<InferOutput<Schema>>): Promise<State>;
  /** Rows worth drawing this round; an empty list means that this volunteer has nothing to teach. */
  rows(state: State, data: LocalData): readonly number[];
  /** Rows of the next batch, where their order matters: an episode, an equal share of every cluster. Left out, all rows in turn. */
  draw?(from: {
    state: State;
    data: LocalData;
    config: InferOutput<Schema>;
    rows: readonly number[];
    batch: number;
    random: Random;
  }): number[];
  /** Tensors to carry from step to step, made when the round begins: a queue of keys, a slow encoder. */
  memory?(round: RoundContext<InferOutput<Schema>>): Params;
  /** After each step, off the tape, the student already moved: what takes the memory's place, by the same names and shapes. */
  remember?(context: StepContext<InferOutput<Schema>, State>, targets: Tensors): Params;
  /** Each step, off the tape. */
  targets(context: StepContext<InferOutput<Schema>, State>): Tensors;
  /** Each step, on the tape; every term has a name, is plotted, and must move the student. */
  loss(context: StepContext<InferOutput<Schema>, State>, targets: Tensors): LossTerms;
  /**
   * [images]: the class that each is learnt as this round, -1 where it is left out. Whoever knows the
   * truth, as a simulator does, compares. Undefined where labels are made anew at every step.
   */
  labels?(state: State): Int32Array | undefined;
  /** Small numbers to send beside the delta: how sure the labels were, how many were kept. */
  report(state: State): Record<string, number>;
};

/** An objective whose own types are kept while it is written, and set aside in the table of all of them. */
export function defineObjective<Schema extends GenericSchema, State>(
  objective: Objective<Schema, State>,
): Objective {
  return objective as unknown as Objective;
}

/** @param config validated by the objective's schema */
export function needsLabels({ uses }: Objective, config: unknown): boolean {
  return typeof uses.labels === 'function' ? uses.labels(config) : uses.labels;
}

/** All rows of a data set: the usual answer of `rows()`. */
export function allRows(data: LocalData): number[] {
  return Array.from({ length: data.count }, (_, i) => i);
}
