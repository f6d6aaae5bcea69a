import type { TrainingState } from '../protocol/messages.ts';

/**
 * What the coordinator and its shards tell each other. Both say how things stand and never what
 * changed, so a message may be lost, doubled or late: the next one says all of it again.
 */

/** A version of the student, and where its weights are. */
export type Base = { version: number; weights: string };

/** What volunteers have made of a round in one shard, or in all. */
export type Counts = {
  /** Assignments given out. */
  asked: number;
  accepted: number;
  declined: number;
  /** Of those asked, who went away and has sent nothing. */
  left: number;
  /** Length of all accepted deltas. */
  bytes: number;
};

export const NOTHING: Counts = { asked: 0, accepted: 0, declined: 0, left: 0, bytes: 0 };

/** Coordinator to shard: how things should stand. */
export type Order = {
  /** Grows with every change of what is ordered; an older one than the last is ignored. */
  stamp: number;
  /** Stamp of the last report that was heard: the next one has to be greater. */
  heard: number;
  /** The newest round. All before it take no more deltas; it does while `open`. */
  round: number;
  open: boolean;
  /** What a delta may start from, newest first: one version in a synchronous round. */
  bases: readonly Base[];
  /** Milliseconds since 1970 at which the round closes at the latest. */
  deadline: number | null;
  /** Volunteers that may be at work or have delivered: the shard asks until it has as many. */
  quota: number;
  /** Rounds up to this one are in the weights, or given up: their deltas may go. */
  settled: number;
  /** What the volunteers who were still at work are told when a round closes. */
  reason: string;
  /** So many volunteers beyond any need may leave the line, and come back after milliseconds. */
  surplus: { count: number; retryAfterMs: number } | null;
};

/** What everyone who watches may know. It changes more often than what is ordered, and is not kept. */
export type News = { stamp: number; state: TrainingState };

/** Shard to coordinator: how things do stand. */
export type Report = {
  /** Grows with every report of a shard. */
  stamp: number;
  /** Stamp of the last order that was taken: the next one has to be greater. */
  ordered: number;
  round: number;
  open: boolean;
  /** Volunteers connected. */
  present: number;
  /** Whether anyone is connected, if only to watch. */
  listening: boolean;
  /** Of those, who may still be asked in this round. */
  spare: number;
  /** Who is at work on a delta that can still count, here or gone for a moment. */
  working: number;
  counts: Counts;
  /** The newest round that takes nothing more, with its final counts. */
  sealed: { round: number; counts: Counts };
};

/** The sum of counts. */
export function total(all: readonly Counts[]): Counts {
  return all.reduce(
    (a, b) => ({
      asked: a.asked + b.asked,
      accepted: a.accepted + b.accepted,
      declined: a.declined + b.declined,
      left: a.left + b.left,
      bytes: a.bytes + b.bytes,
    }),
    NOTHING,
  );
}
