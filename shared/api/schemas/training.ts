import * as v from 'valibot';
import { share } from './fields.ts';

export const TrainingStateSchema = v.object({
  phase: v.picklist(['preparing', 'idle', 'gathering', 'training', 'aggregating', 'finetuning']),
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

export type Ticket = v.InferOutput<typeof TicketSchema>;
export type Receipt = v.InferOutput<typeof ReceiptSchema>;
export type Round = v.InferOutput<typeof RoundSchema>;
