/**
 * What the simulated crowd, network and edge are like. None of the crowd's figures was measured: they
 * are here to be doubted, and to be changed in one place. Times in ms of virtual time.
 */
export const CROWD = {
  /** All come within this time, evenly. */
  arrivalMs: 180_000,
  /**
   * So many come for every one that is asked at a time: from 2 on, pace steering sends some away. In
   * asynchronous rounds nobody waits, and they replace those who leave.
   */
  perAsked: { sync: 2.3, async: 1.3 },
  /** From the weights' arrival to the encoded delta; log-normal. */
  learning: { median: 60_000, sigma: 0.5 },
  /** Mbit/s, log-normal. */
  uplink: { median: 5, sigma: 1 },
  downlink: { median: 30, sigma: 1 },
  /** Shares of those asked that go away for good while they learn, or have nothing to teach. */
  leaving: 0.12,
  declining: 0.03,
  /** `progress` messages of one round: step 1 and every fifth of 60 (client/train/round.ts). */
  progress: 13,
};

export const NETWORK = {
  /** One way, between two objects. */
  hop: { from: 20, to: 50 },
  /** One way, between a tab and its shard. */
  tab: { from: 10, to: 60 },
};

export const EDGE = {
  /** A shard takes a message of 1 MB in: digest, checksum, sum, write. One at a time. */
  takeMsPerMb: 4,
  /**
   * The coordinator deals with a report, or with the answer to an order, in this time, and with one
   * after the other: Cloudflare's "soft limit of 1,000 requests per second" of an object.
   */
  rootMs: 1,
  /** Bytes a second that reach the coordinator from its shards, when it reads their sums. Assumed. */
  readRate: 200e6,
  /** The server's own step, evaluation and promotion. Assumed; it is the plan's choice. */
  serverMs: 10_000,
  /** A line in memory: DESIGN.md, "Socket.IO in a Durable Object", row B2. */
  lineBytes: 2600,
  /** CPU of the worker in front, a request. Assumed. */
  workerMs: 1,
};

export const MODEL = {
  parameters: 1_000_000,
  codec: 'int8',
} as const;

/** Deltas of an asynchronous round. */
export const BUFFER = 1000;

/** A round closes after this time at the latest. */
export const DEADLINE_MS = 600_000;
