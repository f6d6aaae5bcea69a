import * as v from 'valibot';

/** Raised when either side's messages change in a way the other would misread. */
export const PROTOCOL_VERSION = 3;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Tab -> edge, once after connecting: what this volunteer brings. */
export const HelloSchema = v.object({
  protocol: v.literal(PROTOCOL_VERSION),
  backend: v.pipe(v.string(), v.maxLength(32)),
  images: count,
});

/** Tab -> edge, now and then: for the pages of others to draw. Nothing about the images themselves. */
export const ProgressSchema = v.object({
  round: count,
  step: count,
  steps: count,
  loss: v.nullable(v.number()),
});

/** Tab -> edge: this volunteer has nothing to teach in this round (no label it is sure of). */
export const DeclineSchema = v.object({
  round: count,
  reason: v.pipe(v.string(), v.maxLength(200)),
});

/** Edge -> tab: train from these weights. */
export const AssignmentSchema = v.object({
  round: count,
  version: count,
  /** SHA-256 of the weights, to be fetched at /v1/weights/{hash}. */
  weights: hash,
  /** Multiplies the plan's local learning rate in this round. */
  rate: v.number(),
  /** Milliseconds since 1970 after which the round closes without this volunteer. */
  deadline: v.number(),
  seed: count,
  /** Opens the upload of this round's delta, and nothing else: bound to volunteer, project, shard and round. */
  ticket: v.string(),
});

export type Hello = v.InferOutput<typeof HelloSchema>;
export type Progress = v.InferOutput<typeof ProgressSchema>;
export type Decline = v.InferOutput<typeof DeclineSchema>;
export type Assignment = v.InferOutput<typeof AssignmentSchema>;

/** Edge -> everyone watching the project: where training stands. */
export type TrainingState = {
  phase: 'preparing' | 'idle' | 'gathering' | 'training' | 'aggregating' | 'finetuning';
  /** The round that is open, or the last one. 0: none yet. */
  round: number;
  /** The last round that was asked for. */
  until: number;
  /** The live version, 0 before the first. */
  version: number;
  volunteers: number;
  asked: number;
  accepted: number;
  goal: number;
  deadline: number | null;
  /** Share of the server's own steps that is done, 0 to 1, while `preparing` or `finetuning`. */
  serverProgress: number | null;
  /** Why the last round was abandoned or a version not promoted; null when all went well. */
  notice: string | null;
};

/** What the socket carries. Models and deltas go over HTTP: they would fill the object's memory here. */
export type ClientEvents = {
  hello: (message: Hello, acknowledge: (state: TrainingState) => void) => void;
  progress: (message: Progress) => void;
  decline: (message: Decline) => void;
};

export type ServerEvents = {
  state: (state: TrainingState) => void;
  assignment: (assignment: Assignment) => void;
  /** The round is over for this volunteer; `reason` says how it ended. */
  closed: (message: { round: number; reason: string }) => void;
  /**
   * Not needed for now: more volunteers are here than the next round can ask. Leave the line, and come
   * back after so many seconds (already spread, so that a crowd does not come back at once).
   */
  wait: (message: { retryAfter: number }) => void;
  progress: (message: Progress & { volunteer: string }) => void;
  /** The connection is refused or a message was not understood; see shared/api/problem.ts. */
  problem: (problem: { code: number; detail: string }) => void;
};

/** socket.io's handshake: a volunteer shows its ticket, a page that only watches shows none. */
export type Handshake = { ticket?: string };
