import { EDGE } from './scale-settings.ts';
import type { Run } from './scale-run.ts';

const MILLION = 1e6;

/**
 * US dollars, Cloudflare's paid plan above what it includes, as published in November 2026:
 * developers.cloudflare.com/workers/platform/pricing, /durable-objects/platform/pricing and
 * /r2/pricing. Traffic out of R2 and workers costs nothing.
 */
export const PRICES = {
  workerRequest: 0.3 / MILLION,
  workerMs: 0.02 / MILLION,
  /** Calls between objects, HTTP, alarms; 20 WebSocket messages that come in are one. */
  objectRequest: 0.15 / MILLION,
  messagesARequest: 20,
  gigabyteSecond: 12.5 / MILLION,
  /** Of an object that is awake, whatever it uses. */
  objectGigabytes: 0.128,
  rowWritten: 1 / MILLION,
  r2Read: 0.36 / MILLION,
  r2Write: 4.5 / MILLION,
};

export type Cost = Record<'worker' | 'requests' | 'duration' | 'rows' | 'r2', number>;

/**
 * What a run costs. All objects are awake for all of it: something comes every second, and an object
 * sleeps after ten seconds of quiet. Rows read and what is stored are left out: 100 rows read a delta
 * are a thousandth of the six or more that are written, and a round's gigabytes lie there for minutes.
 */
export function costOf({ tally, shards, seconds, outcomes }: Run): Cost {
  const { counts } = tally;
  const calls = counts.reports + counts.orders + counts.reads;
  const others = counts.upgrades + counts.uploads + counts.alarms;
  const requests = calls + others + counts.socketIn / PRICES.messagesARequest;
  // The server's step is an object's too.
  const awake = (shards + 1) * seconds + (outcomes.length * EDGE.serverMs) / 1000;
  return {
    worker: counts.workerRequests * (PRICES.workerRequest + EDGE.workerMs * PRICES.workerMs),
    requests: requests * PRICES.objectRequest,
    duration: awake * PRICES.objectGigabytes * PRICES.gigabyteSecond,
    rows: counts.rowsWritten * PRICES.rowWritten,
    r2: counts.r2Reads * PRICES.r2Read + counts.r2Writes * PRICES.r2Write,
  };
}

export function totalOf(cost: Cost): number {
  return Object.values(cost).reduce((a, b) => a + b, 0);
}
