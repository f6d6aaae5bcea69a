import * as v from 'valibot';
import { PlanSchema } from '../plan.ts';
import { share } from './fields.ts';
import { ProjectSchema } from './projects.ts';
import { RoundSchema } from './training.ts';

export const VersionSchema = v.object({
  number: v.number(),
  state: v.picklist(['live', 'retired', 'not-promoted']),
  /** Hash of its weights, by which they are fetched and checked. */
  weights: v.string(),
  parent: v.nullable(v.number()),
  /** The round that made it; of an import, 0 less its own number. */
  round: v.number(),
  origin: v.picklist(['round', 'import']),
  /** Share of the validation images recognised. */
  validationAccuracy: v.number(),
  serverLoss: v.nullable(v.number()),
  createdAt: v.number(),
  /** When its weights were let go; null while they are there. */
  expiredAt: v.nullable(v.number()),
});

/** What was measured on the validation images when a version was made. */
export const CardSchema = v.object({
  /** Images it was judged by. */
  images: v.number(),
  accuracy: share,
  /** Expected calibration error of the answer's probabilities, over ten bins. */
  calibrationError: share,
  /** At the version's threshold: strange images taken for known ones, and known ones called unknown. */
  falseAccept: share,
  falseReject: share,
});

/** Everything there is to know of a version, but its weights. */
export const ModelCardSchema = v.object({
  ...VersionSchema.entries,
  project: v.object({ id: v.string(), title: v.string(), description: v.string() }),
  /** From the version it was made from to the first: each was the next one's base. */
  lineage: v.array(v.number()),
  /** What it was learnt from; null for the first version, and for an import. */
  training: v.nullable(RoundSchema),
  plan: PlanSchema,
  input: v.object({
    /** What its first dimension of 4 is, and the others: a batch of images, channels last. */
    shape: v.tuple([v.null(), v.number(), v.number(), v.number()]),
    range: v.tuple([v.number(), v.number()]),
    /** How a file becomes that, step by step. */
    preparation: v.array(v.string()),
  }),
  output: v.object({ features: v.number(), classes: v.array(v.string()) }),
  sizes: v.object({ parameters: v.number(), bytes: v.number() }),
  /** Null for a version from before it was measured. */
  metrics: v.nullable(CardSchema),
  /** How its numbers become an answer; see shared/fewshot/calibrate.ts. */
  calibration: v.record(v.string(), v.unknown()),
});

/** Work that goes on behind a reply of 202: embedding classes under a version, or judging an import. */
export const TaskSchema = v.object({
  id: v.string(),
  kind: v.picklist(['promote', 'import', 'canary']),
  state: v.picklist(['working', 'done', 'failed']),
  progress: share,
  /** The version that it is about; null until an import has become one. */
  version: v.nullable(v.number()),
  /** Why it failed. */
  problem: v.nullable(v.object({ code: v.number(), detail: v.string() })),
  startedAt: v.number(),
  endedAt: v.nullable(v.number()),
});

/** `task` is what is still to be done before the version is live; null where it is. */
export const MadeLiveSchema = v.object({
  ...ProjectSchema.entries,
  task: v.nullable(TaskSchema),
});

/** Two versions on the same validation images. */
export const ComparisonSchema = v.object({
  /** Of both, in the order of the address. */
  versions: v.tuple([VersionSchema, VersionSchema]),
  metrics: v.tuple([v.nullable(CardSchema), v.nullable(CardSchema)]),
  /** Images that both were asked about: all, or an even sample where there are very many. */
  images: v.number(),
  accuracy: v.tuple([share, share]),
  /** Share of the images that both give the same class. */
  agreement: share,
  /** How many both recognise, only the first, only the second, neither. */
  counts: v.object({
    both: v.number(),
    first: v.number(),
    second: v.number(),
    neither: v.number(),
  }),
  /** That a difference as large as this comes by chance alone: McNemar's test, exact and two-sided. */
  pValue: share,
  classes: v.array(
    v.object({ name: v.string(), images: v.number(), recall: v.tuple([share, share]) }),
  ),
});

export const NewCanarySchema = v.strictObject({
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Of the classify requests, above 0. */
  share: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
});

/** Milliseconds from the image's numbers to the answer, of so many requests. */
const LatencySchema = v.object({
  count: v.number(),
  mean: v.nullable(v.number()),
  p50: v.nullable(v.number()),
  p95: v.nullable(v.number()),
});

/** A candidate that answers a share of the requests, and how it fares beside what is live. */
export const CanarySchema = v.object({
  version: v.number(),
  share,
  startedAt: v.number(),
  /** Requests that it answered, and images of those that the live version has answered too by now. */
  answered: v.number(),
  compared: v.number(),
  /** Share of the compared images that both call the same; null before the first. */
  agreement: v.nullable(share),
  latency: v.object({ canary: LatencySchema, live: LatencySchema }),
});

/** `task` is what is still to be done before it begins. */
export const CanaryBegunSchema = v.object({
  canary: v.nullable(CanarySchema),
  task: v.nullable(TaskSchema),
});

export type Card = v.InferOutput<typeof CardSchema>;
export type Version = v.InferOutput<typeof VersionSchema>;
export type ModelCard = v.InferOutput<typeof ModelCardSchema>;
export type Task = v.InferOutput<typeof TaskSchema>;
export type MadeLive = v.InferOutput<typeof MadeLiveSchema>;
export type Comparison = v.InferOutput<typeof ComparisonSchema>;
export type Canary = v.InferOutput<typeof CanarySchema>;
