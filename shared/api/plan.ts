import * as v from 'valibot';
import { AFTER_IDS, BEFORE_IDS, COMBINE_IDS } from '../aggregation/ids.ts';
import { FEW_SHOT_HEADS } from '../fewshot/index.ts';
import { NET_NAMES } from '../nn/ids.ts';
import { OBJECTIVE_IDS, type ObjectiveId } from '../objectives/ids.ts';
import { MOST_SHARDS } from '../rounds/shards.ts';
import { OPTIMISER_IDS } from '../train/optimisers/ids.ts';
import { VIEW_NAMES } from '../views/ids.ts';
import { SCHEMES } from '../weights/schemes/index.ts';

const number = (low: number, high: number) => v.pipe(v.number(), v.minValue(low), v.maxValue(high));
const integer = (low: number, high: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high));
const names = <T extends string>(table: Record<T, unknown>) =>
  v.picklist(Object.keys(table) as T[]);

const objectiveOf = (id: ObjectiveId) =>
  v.optional(
    v.strictObject({
      id: v.optional(v.picklist(OBJECTIVE_IDS), id),
      settings: v.optional(v.record(v.string(), v.unknown()), {}),
      /** Other views than the objective's own, by its names for them: `strong-flip` for animals, `crop` for SimCLR. */
      views: v.optional(v.record(v.string(), v.picklist(VIEW_NAMES)), {}),
    }),
    {},
  );

const learning = (steps: number, rate: number) => ({
  steps: v.optional(integer(1, 5000), steps),
  batch: v.optional(integer(1, 512), 32),
  rate: v.optional(number(0, 10), rate),
  optimiser: v.optional(v.picklist(OPTIMISER_IDS), 'sgd'),
  momentum: v.optional(number(0, 0.999), 0.9),
  /** Norm to which each step's whole gradient is clipped. */
  clip: v.optional(number(0.01, 1000), 1),
  /** Decay of the weights' moving average: the local teacher, and what the server keeps of its steps. */
  averageDecay: v.optional(number(0, 0.9999), 0.98),
});

/**
 * How a project learns: everything that decides a round, set once when the project is created.
 * Every setting has a default that fits small grey images.
 */
export const PlanSchema = v.strictObject({
  net: v.optional(v.picklist(NET_NAMES), 'strided'),
  input: v.optional(v.strictObject({ size: integer(16, 128), channels: v.picklist([1, 3]) }), {
    size: 28,
    channels: 1,
  }),
  /** What volunteers learn by, without a label. */
  objective: objectiveOf('fixmatch'),
  /** Beginnings of the names of parameters that keep their numbers: they are not trained, nor sent. */
  frozen: v.optional(v.array(v.pipe(v.string(), v.minLength(1))), []),
  round: v.optional(
    v.strictObject({
      /** Deltas that close a round. */
      goal: v.optional(integer(1, 100_000), 4),
      /** Fewer than this at the deadline, and the round is abandoned. */
      minimum: v.optional(integer(1, 100_000), 1),
      deadlineSeconds: v.optional(integer(1, 86_400), 120),
      /** Volunteers asked for every delta wanted: some will leave, or be too slow. */
      overSelection: v.optional(number(1, 4), 1.3),
      /**
       * 'sync': a round's deltas all start from its version. 'async': volunteers never wait; a version
       * is made of every `goal` deltas, also of those that started from an earlier one (FedBuff).
       */
      mode: v.optional(v.picklist(['sync', 'async']), 'sync'),
      /** Versions that a delta may lie behind in an asynchronous round. */
      maxStaleness: v.optional(integer(0, 100), 5),
      /** Objects that the volunteers are spread over; null: one for every 250 asked. */
      shards: v.optional(v.nullable(integer(1, MOST_SHARDS)), null),
    }),
    {},
  ),
  local: v.optional(
    v.strictObject({
      ...learning(60, 0.05),
      /** Pull towards the received weights (FedProx's mu); 0 is none. */
      proximal: v.optional(number(0, 10), 0),
      /** Radius around the weights within which a step goes down from the steepest place (ASAM's rho); 0 is none. */
      sharpness: v.optional(number(0, 4), 0),
      /** Share of its own last weights that a volunteer begins its second round with (FedEMA's tau); 0 is none. */
      personal: v.optional(number(0, 1), 0),
    }),
    {},
  ),
  server: v.optional(
    v.strictObject({
      ...learning(40, 0.05),
      /** What the server learns by from its labelled images. */
      objective: objectiveOf('supervised'),
      /** Supervised steps before the first round: they make version 1. */
      warmupSteps: v.optional(integer(1, 20_000), 300),
      /**
       * A candidate goes live only when it is not worse on the validation images. The next round
       * still builds on it unless it is worse by more than this: a stricter rule stalls on noise.
       */
      tolerance: v.optional(number(0, 1), 0.05),
    }),
    {},
  ),
  aggregation: v.optional(
    v.strictObject({
      before: v.optional(v.array(v.picklist(BEFORE_IDS)), ['clip-norm', 'staleness']),
      combine: v.optional(v.picklist(COMBINE_IDS), 'weighted-mean'),
      after: v.optional(v.picklist(AFTER_IDS), 'fedavg'),
      settings: v.optional(v.record(v.string(), v.number()), {}),
    }),
    {},
  ),
  codec: v.optional(names(SCHEMES), 'int8'),
  /** What classes are compared by, the later ones above all. */
  head: v.optional(names(FEW_SHOT_HEADS), 'prototype'),
  answers: v.optional(
    v.strictObject({
      /**
       * Share of strange images that may be taken for known ones, as leaving out one class at a time
       * tells: it sets the similarity below which an image is called unknown.
       */
      falseAccept: v.optional(number(0, 1), 0.95),
    }),
    {},
  ),
  /** Every chance in the project's learning follows from it. */
  seed: v.optional(integer(0, 2 ** 31), 1),
  /** Learning rates fall along half a cosine over this many rounds. */
  rounds: v.optional(integer(1, 10_000), 10),
});

export type PlanInput = v.InferInput<typeof PlanSchema>;
export type Plan = v.InferOutput<typeof PlanSchema>;

/** Share of the base learning rate in round 1, 2, ... `rounds`, and after: half a cosine that ends at a tenth. */
export function rateAt(round: number, rounds: number): number {
  const progress = Math.min(Math.max((round - 1) / Math.max(rounds, 1), 0), 1);
  return 0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI * progress));
}

/** The seed of a volunteer's round: the n-th that was asked. */
export function localSeed(seed: number, round: number, n: number): number {
  // Kept to 32 bits, in between too: Random takes no more, and above 2^53 neighbours would be one.
  const ofRound = (seed * 1009 + round) % 2 ** 32;
  return (ofRound * 10_007 + n) % 2 ** 32;
}
