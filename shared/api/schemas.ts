import * as v from 'valibot';
import { PlanSchema } from './plan.ts';

const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
const text = v.pipe(v.string(), v.maxLength(200));
const base64 = v.pipe(v.string(), v.base64(), v.maxLength(11_000_000));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const SlugSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'lower-case letters, digits and hyphens, at most 48'),
);

/**
 * An image in JSON: the bytes of a PNG, JPEG or WebP file in base64, or the network's own input,
 * size*size*channels bytes of 0-255 in base64.
 */
export const ImageSchema = v.union([v.object({ image: base64 }), v.object({ pixels: base64 })]);
export type ImageInput = v.InferOutput<typeof ImageSchema>;

export const NewClassSchema = v.object({
  name,
  examples: v.pipe(v.array(ImageSchema), v.maxLength(500)),
});

export const NewProjectSchema = v.object({
  id: SlugSchema,
  title: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(120)),
  description: v.optional(v.pipe(v.string(), v.maxLength(2000)), ''),
  plan: v.optional(PlanSchema, {}),
  /** The base classes, each with its labelled seed images and images kept for validation. */
  classes: v.pipe(
    v.array(
      v.object({
        name,
        examples: v.pipe(v.array(ImageSchema), v.maxLength(2000)),
        validation: v.optional(v.pipe(v.array(ImageSchema), v.maxLength(2000)), []),
      }),
    ),
    v.minLength(2),
    v.maxLength(1000),
  ),
});

export const TrainingStateSchema = v.object({
  phase: v.picklist([
    'preparing',
    'idle',
    'gathering',
    'training',
    'aggregating',
    'finetuning',
    'promoting',
  ]),
  round: v.number(),
  until: v.number(),
  version: v.number(),
  volunteers: v.number(),
  asked: v.number(),
  accepted: v.number(),
  goal: v.number(),
  deadline: v.nullable(v.number()),
  serverProgress: v.nullable(share),
  notice: v.nullable(v.string()),
});

export const ProjectSchema = v.object({
  id: SlugSchema,
  title: text,
  description: v.string(),
  plan: PlanSchema,
  classes: v.array(name),
  createdAt: v.number(),
  /** Version and classes' revision that a request is answered with now; null before the first version. */
  live: v.nullable(v.object({ version: v.number(), revision: v.number(), weights: v.string() })),
});

export const ProjectStateSchema = v.object({
  project: ProjectSchema,
  training: TrainingStateSchema,
});

export const TicketSchema = v.object({
  volunteer: v.string(),
  /** A signed token: sent as bearer with deltas and in the socket's handshake. */
  ticket: v.string(),
  expiresAt: v.number(),
  /** The shard that keeps this volunteer's line: `?shard=` of the socket's address. */
  shard: v.number(),
});

export const ReceiptSchema = v.object({
  /** The round that counts it: in asynchronous training it may be later than the one it was asked in. */
  round: v.number(),
  digest: v.string(),
  bytes: v.number(),
  /** True when these very bytes had been counted before: sending again is safe. */
  repeated: v.boolean(),
  /** Where it is in the sum: the shard, and its place among the deltas of the round there, from 1. */
  shard: v.number(),
  position: v.number(),
  /** Versions made since the one that it started from; 0 in a synchronous round. */
  staleness: v.number(),
});

export const RoundSchema = v.object({
  number: v.number(),
  outcome: v.picklist(['promoted', 'not-promoted', 'abandoned']),
  reason: v.nullable(v.string()),
  baseVersion: v.number(),
  candidateVersion: v.nullable(v.number()),
  /** Hash of the weights that aggregation made, before the server's step: anyone can check the sum. */
  aggregate: v.nullable(v.string()),
  asked: v.number(),
  accepted: v.number(),
  declined: v.number(),
  bytes: v.number(),
  openedAt: v.number(),
  closedAt: v.number(),
});

export const VersionSchema = v.object({
  number: v.number(),
  state: v.picklist(['live', 'retired', 'not-promoted']),
  weights: v.string(),
  parent: v.nullable(v.number()),
  round: v.number(),
  /** Share of the validation images recognised. */
  validationAccuracy: v.number(),
  serverLoss: v.nullable(v.number()),
  createdAt: v.number(),
});

export const ClassSchema = v.object({
  name,
  kind: v.picklist(['base', 'novel']),
  examples: v.number(),
  addedIn: v.number(),
});

export const ClassAddedSchema = v.object({
  name,
  examples: v.number(),
  version: v.number(),
  revision: v.number(),
});

export const AnswerSchema = v.object({
  /** The most likely class, or "unknown" when the image is far from every prototype. */
  label: v.string(),
  unknown: v.boolean(),
  /** The likeliest classes first; probabilities over all classes sum to one. */
  classes: v.array(v.object({ name, probability: share, similarity: v.number() })),
  version: v.number(),
  revision: v.number(),
});

export type NewProject = v.InferInput<typeof NewProjectSchema>;
export type Project = v.InferOutput<typeof ProjectSchema>;
export type ProjectState = v.InferOutput<typeof ProjectStateSchema>;
export type Ticket = v.InferOutput<typeof TicketSchema>;
export type Receipt = v.InferOutput<typeof ReceiptSchema>;
export type Round = v.InferOutput<typeof RoundSchema>;
export type Version = v.InferOutput<typeof VersionSchema>;
export type ClassInfo = v.InferOutput<typeof ClassSchema>;
export type ClassAdded = v.InferOutput<typeof ClassAddedSchema>;
export type Answer = v.InferOutput<typeof AnswerSchema>;
