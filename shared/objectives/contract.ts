import type { GenericSchema, InferOutput } from 'valibot';
import type { Random } from '../math/random.ts';
import type { HeadName } from '../nn/heads.ts';
import type { Model } from '../nn/model.ts';
import type { Params, Scalar, Tensor, Tensor4D, Tf } from '../nn/params.ts';
import type { ViewName } from '../views/index.ts';

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
  random: Random;
  /** Images [rows, size, size, channels] as the named view makes them; the caller disposes. */
  view(name: ViewName, rows: readonly number[]): Tensor4D;
};

/** What it sees at every step. */
export type StepContext<Config, State> = Omit<RoundContext<Config>, 'params'> & {
  /** The student's parameters; inside `loss` the tape watches them. */
  params: Params;
  /** Follows the student as an exponential moving average. */
  teacher: Params;
  state: State;
  batch: { rows: readonly number[]; views: Record<string, Tensor4D> };
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
  uses: { labels: boolean; teacher: boolean };
  /** Every setting has a default and a range. */
  config: Schema;
  /** Once a round, from the received weights and the local data: a table of labels, clusters, thresholds. */
  begin(context: RoundContext<InferOutput<Schema>>): Promise<State>;
  /** Rows worth drawing this round; an empty list means that this volunteer has nothing to teach. */
  rows(state: State, data: LocalData): readonly number[];
  /** Each step, off the tape. */
  targets(context: StepContext<InferOutput<Schema>, State>): Tensors;
  /** Each step, on the tape; every term has a name, is plotted, and must move the student. */
  loss(context: StepContext<InferOutput<Schema>, State>, targets: Tensors): LossTerms;
  /** Small numbers to send beside the delta: how sure the labels were, how many were kept. */
  report(state: State): Record<string, number>;
};

/** An objective whose own types are kept while it is written, and set aside in the table of all of them. */
export function defineObjective<Schema extends GenericSchema, State>(
  objective: Objective<Schema, State>,
): Objective {
  return objective as unknown as Objective;
}

/** All rows of a data set: the usual answer of `rows()`. */
export function allRows(data: LocalData): number[] {
  return Array.from({ length: data.count }, (_, i) => i);
}
